insert into paylog.rebuild_parked (follower, stream, position, version, reason)
values ($1, $2, $3, $4, $5)
on conflict (follower, stream) do update
  set position = excluded.position,
      version = excluded.version,
      reason = excluded.reason,
      parked_at = clock_timestamp()
