-- As many customers as the pace of all processes allows now, the most urgent first, each with the message that comes next. The
-- row of the pace makes claims wait for each other; while nobody is due it is left alone. In a chat, what becomes a receipt in its
-- place comes first and broadcasts come last; new messages keep their order. $1 at most so many, $2 the lease in ms,
-- $3 messages a second, $4 how many may come at once, $5 how many of these are kept for receipts and answers.
with pace as materialized (
  select clock_timestamp() as now, next_at
  from payments.sending
  where exists (select from payments.recipients where due_at <= statement_timestamp())
  for update
), allowed as materialized (
  select
    now,
    greatest(next_at, now) as next_at,
    floor($4::float8 + 0.000001 - extract(epoch from greatest(next_at, now) - now)::float8 * $3::float8) as messages
  from pace
), urgent as (
  select customer_id
  from payments.recipients
  where due_at <= statement_timestamp()
    and priority < 2
  order by priority, due_at
  limit (select greatest(0, least($1::float8, coalesce(max(messages), 0)))::integer from allowed)
  for update skip locked
), others as (
  select customer_id
  from payments.recipients
  where due_at <= statement_timestamp()
    and priority >= 2
  order by priority, due_at
  limit (select greatest(0, least($1::float8, coalesce(max(messages), 0) - $5::integer) - (select count(*) from urgent))::integer from allowed)
  for update skip locked
), due as (
  select customer_id from urgent
  union all
  select customer_id from others
), claimed as (
  update payments.recipients as recipient
  set token = nextval('paylog.fencing_tokens'),
      renewed = false,
      renewed_priority = 9,
      claimed_until = clock_timestamp() + $2::float8 * interval '1 millisecond',
      due_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
  from due
  where recipient.customer_id = due.customer_id
  returning recipient.customer_id, recipient.token, recipient.failures, recipient.priority
), paced as (
  update payments.sending
  set next_at = allowed.next_at + (select count(*) from claimed) / $3::float8 * interval '1 second'
  from allowed
  where exists (select from claimed)
)
select
  claimed.customer_id as "customerId",
  claimed.token,
  claimed.failures,
  next.*
from claimed
left join lateral (
  select
    delivery_id as "deliveryId",
    invoice_id as "invoiceId",
    body,
    revision,
    message_id as "messageId",
    sends
  from payments.deliveries
  where customer_id = claimed.customer_id
    and revision > shown
    and parked_reason is null
  order by deliveries.priority = 3, deliveries.priority <> 0 or message_id is null, due_at, delivery_id
  limit 1
) as next on true
order by claimed.priority
