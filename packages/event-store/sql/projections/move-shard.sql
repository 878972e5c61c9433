-- The fence of a shard, as move-bookmark is a follower's. What a crash of the server loses of this it loses whole, rows and
-- bookmark; so the commit need not wait for the disk.
with moved as (
  update paylog.rebuild_shards
  set position = $5
  where follower = $1
    and shard = $2
    and token = $3
    and position = $4
  returning follower
)
select
  set_config('idle_in_transaction_session_timeout', $6::text, true),
  set_config('synchronous_commit', 'off', true)
from moved
