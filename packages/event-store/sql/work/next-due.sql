-- How long until an item that nobody holds is due; not positive when one is due now.
select extract(epoch from due_at - statement_timestamp())::float8 * 1000 as "inMs"
from paylog.work
where queue = $1
  and lease_until <= statement_timestamp()
order by due_at
limit 1
