-- To the next $4 customers after $3, each once; not to the owners' chat. Those who have it already are passed over.
with portion as (
  select customer_id
  from payments.customers
  where telegram_user_id not like '-%'
    and customer_id > $3
  order by customer_id
  limit $4::integer
), added as (
  insert into payments.deliveries (delivery_id, customer_id, body, priority, revision)
  select 'broadcast/' || $1 || '/' || customer_id, customer_id, $2::json, 3, 1
  from portion
  order by customer_id
  on conflict (delivery_id) do nothing
  returning customer_id
)
select portion.customer_id as "customerId", added.customer_id is not null as "isNew"
from portion
left join added using (customer_id)
order by portion.customer_id
