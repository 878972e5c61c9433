update paylog.bookmarks
set lease_until = clock_timestamp() + $3 * interval '1 millisecond'
where follower = $1
  and token = $2
  and version = $4
returning follower
