-- Nothing more to this customer for $4 ms. $5: no message was sent for certain; $6: Telegram said that we are too fast.
with unsent as (
  update payments.deliveries
  set sends = greatest(0, sends - 1)
  where delivery_id = $3
    and $5::boolean
  returning delivery_id
)
update payments.recipients
set failures = failures + 1,
    claimed_until = '-infinity',
    open_at = clock_timestamp() + $4::float8 * interval '1 millisecond',
    due_at = clock_timestamp() + $4::float8 * interval '1 millisecond',
    refused_at = case when $6::boolean then clock_timestamp() else refused_at end
where customer_id = $1
  and token = $2
  -- Messages are locked before their customer, as the follower does.
  and (select count(*) from unsent) >= 0
returning customer_id
