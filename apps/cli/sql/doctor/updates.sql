select
  count(*) filter (where parked_at is not null) as parked,
  count(*) filter (where parked_at is null and received_at < clock_timestamp() - interval '5 minutes') as late
from bot.updates
where handled_at is null
