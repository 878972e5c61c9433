update paylog.rebuilds
set holder = null,
    lease_until = '-infinity'
where follower = $1
  and token = $2
