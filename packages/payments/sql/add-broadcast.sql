-- To every customer who is known, each once.
insert into payments.deliveries (delivery_id, customer_id, body, priority, revision)
select 'broadcast/' || $1 || '/' || customer_id, customer_id, $2::json, 3, 1
from payments.customers
order by customer_id
on conflict (delivery_id) do nothing
returning customer_id as "customerId"
