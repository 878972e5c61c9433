-- Customers are due in the order in which they are given, a microsecond apart. They are written in the order of their ids, so that two
-- transactions that add the same ones wait for each other and never deadlock. One who
-- is being written to is due again when that is done, and one whom Telegram has wait, not before. The wake-up is sent at commit.
with due as (
  insert into payments.recipients as recipient (customer_id, priority, due_at)
  select customer_id, min(priority), statement_timestamp() + min(nth) * interval '1 microsecond'
  from unnest($1::text[], $2::smallint[]) with ordinality as added (customer_id, priority, nth)
  group by customer_id
  order by customer_id
  on conflict (customer_id) do update
  set priority = least(recipient.priority, excluded.priority),
      due_at = case
        when recipient.blocked_at is not null then 'infinity'
        -- Something more urgent than what waits has its own place among its like.
        when excluded.priority < recipient.priority then greatest(recipient.open_at, recipient.claimed_until, excluded.due_at)
        else greatest(recipient.open_at, recipient.claimed_until, least(recipient.due_at, excluded.due_at))
      end,
      renewed = true,
      renewed_priority = least(recipient.renewed_priority, excluded.priority)
  returning customer_id
)
select pg_notify('paylog', '')
from due
limit 1
