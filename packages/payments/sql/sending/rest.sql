-- Nothing can be sent: the customer has blocked the bot ($4), or nothing waits. What came meanwhile is looked at once more.
with unsent as (
  update payments.deliveries
  set sends = greatest(0, sends - 1)
  where delivery_id = $3
  returning delivery_id
)
update payments.recipients
set failures = 0,
    claimed_until = '-infinity',
    due_at = case when renewed then clock_timestamp() else 'infinity' end,
    blocked_at = case when $4::boolean and not renewed then clock_timestamp() end
where customer_id = $1
  and token = $2
  -- Messages are locked before their customer, as the follower does.
  and (select count(*) from unsent) >= 0
returning customer_id
