-- Events that are not among the positions 1 to $1.
select position, stream, version, count(*) over () as outside
from paylog.events
where position < 1 or position > $1
order by position
limit 1000
