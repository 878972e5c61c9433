select
  queue,
  count(*) as items,
  count(*) filter (where lease_until > statement_timestamp()) as held,
  count(*) filter (where attempts > 0 and lease_until <= statement_timestamp()) as failing,
  coalesce(string_agg(distinct last_reason, ', '), '') as reasons,
  greatest(0, extract(epoch from statement_timestamp() - min(due_at))::float8 * 1000) as "oldestDueMs"
from paylog.work
group by queue
order by queue
