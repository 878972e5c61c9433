insert into payments.deliveries (delivery_id, customer_id, body)
values ($1, $2, $3)
on conflict (delivery_id) do nothing
returning delivery_id
