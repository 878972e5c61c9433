-- The invoice that stands for the wish: $3, when there is none yet or $4 stands there, else the one that does.
insert into bot.purchases as purchase (customer_id, product_id, invoice_id)
values ($1, $2, $3)
on conflict (customer_id, product_id) do update
set invoice_id = case when purchase.invoice_id = $4::text then excluded.invoice_id else purchase.invoice_id end,
    chosen_at = clock_timestamp()
returning invoice_id as "invoiceId"
