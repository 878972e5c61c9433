-- A row that is locked is a leader at work: skipped, so that candidates never queue up behind it.
with free as (
  select follower
  from paylog.bookmarks
  where follower = $1
    and (lease_until <= clock_timestamp() or holder = $2)
  for update skip locked
)
update paylog.bookmarks as bookmark
set holder = $2,
    token = nextval('paylog.fencing_tokens'),
    lease_until = clock_timestamp() + $3 * interval '1 millisecond',
    updated_at = clock_timestamp()
from free
where bookmark.follower = free.follower
returning bookmark.token, bookmark.position
