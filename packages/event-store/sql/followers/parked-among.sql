select stream
from paylog.parked
where follower = $1
  and stream = any($2)
