-- What was due long ago and nobody has done.
select
  queue,
  count(*) as items,
  (extract(epoch from clock_timestamp() - min(due_at)) * 1000)::double precision as "ageMs",
  max(attempts) as attempts
from paylog.work
where due_at < clock_timestamp() - interval '5 minutes'
  and lease_until < clock_timestamp()
group by queue
order by queue
