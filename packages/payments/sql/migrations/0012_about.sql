-- What a message of the staff's is about, so that it can be shown anew when that has changed: a digest, no identity; empty: nothing
-- that can change. Null: any other message.
alter table payments.deliveries add about text;

create index deliveries_about on payments.deliveries (about) where about is not null;
create index deliveries_staff on payments.deliveries (customer_id, message_id) where about is not null;
