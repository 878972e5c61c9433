update paylog.parked
set version = $3
where follower = $1
  and stream = $2
