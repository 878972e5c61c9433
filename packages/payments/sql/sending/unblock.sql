-- What waited while the bot was blocked goes out first: it is older.
with heard as (
  update payments.recipients as recipient
  set blocked_at = null,
      renewed = true,
      renewed_priority = waiting.priority,
      failures = 0,
      priority = waiting.priority,
      due_at = greatest(recipient.open_at, recipient.claimed_until, clock_timestamp())
  from (
    select coalesce(min(priority), 9) as priority
    from payments.deliveries
    where customer_id = $1
      and revision > shown
      and parked_reason is null
  ) as waiting
  where recipient.customer_id = $1
    and recipient.blocked_at is not null
  returning recipient.customer_id
)
select pg_notify('paylog', '')
from heard
