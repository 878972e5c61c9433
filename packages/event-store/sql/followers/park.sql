insert into paylog.parked (follower, stream, position, version, reason)
values ($1, $2, $3, $4, $5)
