insert into payments.deliveries (delivery_id, customer_id, body, revision)
values ($1, $2, $3, 1)
on conflict (delivery_id) do nothing
