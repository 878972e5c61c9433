-- Answers to what somebody wrote or pressed, by when they were shown: they are deleted when they are old.
create index deliveries_answers on payments.deliveries (sent_at) where delivery_id like 'update/%';
