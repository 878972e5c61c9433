select stream
from paylog.parked
where follower = $1
order by position
