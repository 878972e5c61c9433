-- An invoice is open for ten days at most.
delete from bot.purchases
where chosen_at < clock_timestamp() - interval '11 days'
