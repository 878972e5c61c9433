delete from paylog.rebuild_parked
where follower = $1
  and stream = $2
