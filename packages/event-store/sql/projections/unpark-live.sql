delete from paylog.parked
where follower = $1
