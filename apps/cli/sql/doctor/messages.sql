select
  count(*) filter (where parked_reason is not null) as parked,
  count(*) filter (where parked_reason is null and due_at < clock_timestamp() - interval '10 minutes') as late
from payments.deliveries
where revision > shown
