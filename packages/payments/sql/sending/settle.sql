-- Settled under a claim, which may have been overtaken: then nothing is changed, except that a message of which nobody knew whether
-- it arrived is known to have.
-- The message is shown (as $5), or set aside ($6 says why); the customer's next one is due after $7 ms. An invoice's status ($8)
-- changes from now on in this message. What came to the same message meanwhile is as urgent as what came since the claim, not as
-- what has just been shown. Of one that is set aside, copies may have arrived: whatever has it tried again sends a marked one, once.
with held as (
  select from payments.recipients where customer_id = $1 and token = $2
), settled as (
  update payments.deliveries
  set shown = case when $6::text is null then greatest(shown, $4) else shown end,
      message_id = coalesce($5, message_id),
      sent_at = case when $6::text is null then clock_timestamp() else sent_at end,
      sends = case when $6::text is null then 0 else least(sends, 1) end,
      parked_reason = case when revision = $4 then $6::text end,
      priority = case
        when revision > $4 then coalesce(
          (select nullif(renewed_priority, 9) from payments.recipients where customer_id = $1 and token = $2),
          priority
        )
        else priority
      end
  where delivery_id = $3
    and (exists (select from held) or ($5::text is not null and message_id is null))
  returning delivery_id
), moved as (
  update payments.deliveries
  set message_id = $5
  where invoice_id = $8::text
    and delivery_id <> $3
    and exists (select from held)
  returning delivery_id
), next as (
  select
    count(*) > 0 as waits,
    min(priority) filter (where delivery_id <> $3) as priority
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
    priority = case
      when next.waits and next.priority is null and recipient.renewed_priority = 9 then 2
      else least(recipient.renewed_priority, coalesce(next.priority, 9))
    end,
    due_at = case
      when renewed or next.waits then clock_timestamp() + $7::float8 * interval '1 millisecond'
      else 'infinity'
    end
from next
where recipient.customer_id = $1
  and recipient.token = $2
  -- Messages are locked before their customer, as the follower does.
  and (select count(*) from settled) + (select count(*) from moved) >= 0
returning recipient.customer_id
