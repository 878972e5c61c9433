-- When a customer last had the provider asked after an order: not more often than every few seconds.
create table bot.asked_orders (
  invoice_id text        primary key,
  asked_at   timestamptz not null default clock_timestamp()
);

select paylog.grant_to('paylog_project', 'select, insert, update, delete on bot.asked_orders');
