delete from paylog.parked
where follower = $1
  and stream = $2
