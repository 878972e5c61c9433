-- Nothing more to this customer for $3 ms. $4: Telegram said that we are too fast.
update payments.recipients
set failures = failures + 1,
    claimed_until = '-infinity',
    open_at = clock_timestamp() + $3::float8 * interval '1 millisecond',
    due_at = clock_timestamp() + $3::float8 * interval '1 millisecond',
    refused_at = case when $4::boolean then clock_timestamp() else refused_at end
where customer_id = $1
  and token = $2
returning customer_id
