-- Whether the invoice $2 has a place among the orders that the customer $1 begins within an hour: $3 at most.
with placed as (
  insert into bot.orders (customer_id, invoice_id)
  select $1, $2
  where (
    select count(*)
    from bot.orders
    where customer_id = $1
      and begun_at > clock_timestamp() - interval '1 hour'
  ) < $3::integer
  on conflict (invoice_id) do nothing
  returning invoice_id
)
select exists (select from placed) or exists (select from bot.orders where invoice_id = $2) as placed
