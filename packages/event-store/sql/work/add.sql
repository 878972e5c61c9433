-- Keys are written in order, so that two transactions that add the same ones wait for each other and never deadlock.
-- A claim under way keeps its lease: nobody works on the item at the same time, but the claim can no longer complete it.
-- The wake-up is sent when the caller's transaction commits.
with added as (
  insert into paylog.work (queue, key, due_at)
  select $1, item.key, to_timestamp(min(item.due_at_ms) / 1000.0)
  from unnest($2::text[], $3::float8[]) as item (key, due_at_ms)
  group by item.key
  order by item.key
  on conflict (queue, key) do update
  set due_at = excluded.due_at,
      attempts = 0,
      last_reason = null,
      renewed = true
  returning key
)
select pg_notify('paylog', 'work')
from added
limit 1
