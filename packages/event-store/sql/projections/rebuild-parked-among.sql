select stream
from paylog.rebuild_parked
where follower = $1
  and stream = any($2)
