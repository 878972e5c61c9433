-- Nothing can be sent: the customer has blocked the bot ($3), or nothing waits. What came meanwhile is looked at once more: also
-- what was added before the claim and committed when it had begun to look. An erased customer's messages are nobody's.
update payments.recipients as recipient
set failures = 0,
    claimed_until = '-infinity',
    due_at = case when renewed or (waiting.is_seen and not $3::boolean) then clock_timestamp() else 'infinity' end,
    blocked_at = case when $3::boolean and not renewed then clock_timestamp() end
from (
  select exists (
    select from payments.deliveries
    join payments.customers using (customer_id)
    where customer_id = $1
      and revision > shown
      and parked_reason is null
  ) as is_seen
) as waiting
where recipient.customer_id = $1
  and recipient.token = $2
returning recipient.customer_id
