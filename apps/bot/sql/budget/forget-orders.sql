delete from bot.orders
where begun_at < clock_timestamp() - interval '1 hour'
