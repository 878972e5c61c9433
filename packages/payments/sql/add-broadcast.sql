-- To every customer who is known, each once; not to the owners' chat.
insert into payments.deliveries (delivery_id, customer_id, body, priority, revision)
select 'broadcast/' || $1 || '/' || customer_id, customer_id, $2::json, 3, 1
from payments.customers
where telegram_user_id not like '-%'
order by customer_id
on conflict (delivery_id) do nothing
returning customer_id as "customerId"
