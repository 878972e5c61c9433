-- The fence: no row when the lease is another's by now, the bookmark is elsewhere, or the rows are of another version. The
-- row stays locked until the transaction ends, so nobody takes the lease meanwhile; if the leader falls silent in the middle
-- of it, the server ends the session after the length of a lease, and with it the lock.
-- The commit does not wait for the disk. What a crash of the server takes back, it takes back whole, effects and bookmark,
-- and they follow anew from the log; whatever was done upon them is committed after them, and so not without them.
with moved as (
  update paylog.bookmarks
  set position = $4,
      lease_until = clock_timestamp() + $5 * interval '1 millisecond',
      updated_at = clock_timestamp()
  where follower = $1
    and token = $2
    and position = $3
    and version = $6
  returning follower
)
select
  set_config('idle_in_transaction_session_timeout', $5::text, true),
  set_config('synchronous_commit', 'off', true)
from moved
