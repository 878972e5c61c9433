-- What was set aside and who has blocked the bot are counted whenever somebody asks for metrics.
create index deliveries_parked on payments.deliveries (delivery_id) where parked_reason is not null;
create index recipients_blocked on payments.recipients (customer_id) where blocked_at is not null;
