-- The rows are the rebuild's now, so what is parked is what it has parked.
insert into paylog.parked (follower, stream, position, version, reason, parked_at)
select follower, stream, position, version, reason, parked_at
from paylog.rebuild_parked
where follower = $1
