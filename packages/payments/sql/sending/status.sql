select
  (select count(*) from payments.recipients where due_at < 'infinity') as waiting,
  (select greatest(0, extract(epoch from clock_timestamp() - min(due_at)))::float8 from payments.recipients where due_at < 'infinity') as "oldestDueSeconds",
  (select count(*) from payments.recipients where blocked_at is not null) as blocked,
  (select count(*) from payments.deliveries where parked_reason is not null) as parked
