-- Whose events are missing up to a position.
select stream
from paylog.parked
where follower = $1
  and position <= $2
order by position
