-- $1 is the bot.
select
  (select count(*) from bot.updates where bot_id = $1 and handled_at is null and parked_at is null)::integer as waiting,
  (
    select coalesce(greatest(0, extract(epoch from clock_timestamp() - min(received_at))), 0)::float8
    from bot.updates
    where bot_id = $1 and handled_at is null and parked_at is null
  ) as "oldestSeconds",
  (select count(*) from bot.updates where bot_id = $1 and parked_at is not null)::integer as parked
