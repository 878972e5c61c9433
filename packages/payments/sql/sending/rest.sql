-- Nothing can be sent: the customer has blocked the bot ($3), or nothing waits. What came meanwhile is looked at once more.
update payments.recipients
set failures = 0,
    claimed_until = '-infinity',
    due_at = case when renewed then clock_timestamp() else 'infinity' end,
    blocked_at = case when $3::boolean and not renewed then clock_timestamp() end
where customer_id = $1
  and token = $2
returning customer_id
