-- Keeps the leader from moving on while a parked stream is brought up to it.
with locked as (
  select position, version
  from paylog.bookmarks
  where follower = $1
  for update
)
select position, version, set_config('idle_in_transaction_session_timeout', $2::float8::text, true)
from locked
