-- The next streams in order of their names, by the index.
select stream
from paylog.events
where version = 1
  and stream > $1
order by stream
limit $2
