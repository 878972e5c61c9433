update paylog.bookmarks
set holder = null,
    lease_until = '-infinity'
where follower = $1
  and token = $2
