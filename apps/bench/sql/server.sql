select
  current_setting('server_version') as postgres,
  current_setting('fsync') as fsync,
  current_setting('synchronous_commit') as "synchronousCommit",
  current_setting('full_page_writes') as "fullPageWrites",
  current_setting('wal_sync_method') as "walSyncMethod",
  current_setting('shared_buffers') as "sharedBuffers",
  current_setting('max_wal_size') as "maxWalSize"
