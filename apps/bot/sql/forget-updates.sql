delete from bot.updates
where handled_at < clock_timestamp() - interval '7 days'
