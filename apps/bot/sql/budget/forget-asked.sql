delete from bot.asked_orders
where asked_at < clock_timestamp() - interval '1 hour'
