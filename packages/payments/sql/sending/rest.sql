-- Nothing can be sent: the customer has blocked the bot ($4), or nothing waits. What came meanwhile is looked at once more.
with unsent as (
  update payments.deliveries
  set sends = greatest(0, sends - 1)
  where delivery_id = $3
)
update payments.recipients
set failures = 0,
    claimed_until = '-infinity',
    due_at = case when renewed then clock_timestamp() else 'infinity' end,
    blocked_at = case when $4::boolean and not renewed then clock_timestamp() end
where customer_id = $1
  and token = $2
returning customer_id
