insert into bot.withheld (customer_id, delivery_id)
values ($1, $2)
on conflict (customer_id, delivery_id) do nothing
