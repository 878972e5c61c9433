-- The message is shown (as $5), or set aside ($6 says why); the customer's next one is due after $7 ms. An invoice's status ($8)
-- changes from now on in this message.
with settled as (
  update payments.deliveries
  set shown = case when $6::text is null then greatest(shown, $4) else shown end,
      message_id = coalesce($5, message_id),
      sent_at = case when $6::text is null then clock_timestamp() else sent_at end,
      sends = 0,
      parked_reason = case when revision = $4 then $6::text end
  where delivery_id = $3
  returning delivery_id
), moved as (
  update payments.deliveries
  set message_id = $5
  where invoice_id = $8::text
    and delivery_id <> $3
  returning delivery_id
), next as (
  select min(priority) as priority
  from payments.deliveries
  where customer_id = $1
    and revision > shown
    and parked_reason is null
    and (delivery_id <> $3 or revision > $4)
)
update payments.recipients as recipient
set failures = 0,
    claimed_until = '-infinity',
    open_at = clock_timestamp() + $7::float8 * interval '1 millisecond',
    priority = case when renewed then least(recipient.priority, coalesce(next.priority, 9)) else coalesce(next.priority, 9) end,
    due_at = case
      when renewed or next.priority is not null then clock_timestamp() + $7::float8 * interval '1 millisecond'
      else 'infinity'
    end
from next
where recipient.customer_id = $1
  and recipient.token = $2
  -- Messages are locked before their customer, as the follower does.
  and (select count(*) from settled) + (select count(*) from moved) >= 0
returning recipient.customer_id
