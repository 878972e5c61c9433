-- The last position before the first run of more than $2 positions after $1 that no event has.
select position - missing - 1 as "end"
from (
  select position, position - lag(position, 1, $1::bigint) over (order by position) - 1 as missing
  from paylog.events
  where position > $1::bigint
) as event
where missing > $2
order by position
limit 1
