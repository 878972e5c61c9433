select
  stream,
  position,
  version,
  reason,
  parked_at as "parkedAt"
from paylog.rebuild_parked
where follower = $1
order by position
