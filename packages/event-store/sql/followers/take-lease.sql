-- One row: the version of the follower's rows, and the lease if it was taken. A row that is locked is a leader at work:
-- skipped, so that candidates never queue up behind it. Where nothing is followed yet, there are no rows of another version.
with free as (
  select follower
  from paylog.bookmarks
  where follower = $1
    and (lease_until <= clock_timestamp() or holder = $2)
    and (version = $4 or position = 0)
  for update skip locked
),
taken as (
  update paylog.bookmarks as bookmark
  set holder = $2,
      token = nextval('paylog.fencing_tokens'),
      lease_until = clock_timestamp() + $3 * interval '1 millisecond',
      version = $4,
      updated_at = clock_timestamp()
  from free
  where bookmark.follower = free.follower
  returning bookmark.follower, bookmark.token, bookmark.position, bookmark.version
)
select
  coalesce(taken.version, bookmark.version) as version,
  taken.token,
  taken.position
from paylog.bookmarks as bookmark
left join taken using (follower)
where bookmark.follower = $1
