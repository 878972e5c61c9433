-- Which invoice a customer's wish for a product has led to: a button that is pressed twice asks once. No identity. A row goes when
-- no invoice of its time can be open any more.
create table bot.purchases (
  customer_id text        not null,
  product_id  text        not null,
  invoice_id  text        not null,
  chosen_at   timestamptz not null default clock_timestamp(),
  primary key (customer_id, product_id)
);

select paylog.grant_to('paylog_project', 'select, insert, update, delete on bot.purchases');
