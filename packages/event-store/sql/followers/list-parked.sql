select
  follower,
  stream,
  position,
  reason,
  parked_at as "parkedAt"
from paylog.parked
order by follower, position
