-- How long until somebody may be written to, by their own time and by the pace of all; not positive: now.
select extract(epoch from greatest(
  (select min(due_at) from payments.recipients where due_at < 'infinity'),
  next_at - ($2::float8 - 1) / $1::float8 * interval '1 second'
) - clock_timestamp())::float8 * 1000 as "inMs"
from payments.sending
where exists (select from payments.recipients where due_at < 'infinity')
