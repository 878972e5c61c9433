insert into payments.deliveries (delivery_id, customer_id, body, priority, revision, about)
values ($1, $2, $3, $4, 1, $5)
on conflict (delivery_id) do nothing
returning delivery_id
