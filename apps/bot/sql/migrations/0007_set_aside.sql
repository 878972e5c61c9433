-- What was set aside is counted whenever somebody asks for metrics.
create index updates_parked on bot.updates (bot_id) where parked_at is not null;
