insert into payments.deliveries (delivery_id, customer_id, invoice_id)
select delivery_id, customer_id, invoice_id
from unnest($1::text[], $2::text[], $3::text[]) as added (delivery_id, customer_id, invoice_id)
on conflict (delivery_id) do nothing
