delete from paylog.rebuilds
where follower = $1
