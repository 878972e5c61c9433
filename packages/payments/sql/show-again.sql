-- The messages to these people ($2) about these things ($1) are due anew, in their place: those that were sent, and whose place no
-- later message about anything has taken since.
update payments.deliveries as delivery
set revision = revision + 1,
    due_at = case when revision > shown then due_at else clock_timestamp() end,
    priority = case when revision > shown then priority else 2 end
where about = any($1::text[])
  and customer_id = any($2::text[])
  and message_id is not null
  and parked_reason is null
  and not exists (
    select from payments.deliveries as later
    where later.customer_id = delivery.customer_id
      and later.message_id = delivery.message_id
      and later.about is not null
      and later.created_at > delivery.created_at
  )
returning customer_id as "customerId", priority
