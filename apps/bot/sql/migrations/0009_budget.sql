-- Which orders a customer has begun within the hour: there is a limit. No identity.
create table bot.orders (
  invoice_id  text        primary key,
  customer_id text        not null,
  begun_at    timestamptz not null default clock_timestamp()
);

create index orders_customer_id on bot.orders (customer_id, begun_at);
create index updates_chat_id on bot.updates (bot_id, chat_id, received_at);

select paylog.grant_to('paylog_project', 'select, insert, delete on bot.orders');
