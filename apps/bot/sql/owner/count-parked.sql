select
  (select count(*) from paylog.parked)::int as streams,
  (select count(*) from bot.updates where parked_at is not null)::int as updates,
  (select count(*) from payments.deliveries where parked_reason is not null)::int as messages
