-- What is pending already keeps its place.
update payments.deliveries
set revision = revision + 1,
    due_at = case when revision > shown then due_at else clock_timestamp() end,
    parked_reason = null
where invoice_id = any($1::text[])
returning customer_id as "customerId"
