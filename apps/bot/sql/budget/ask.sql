-- A row when nobody has had the provider asked after this invoice for ten seconds.
insert into bot.asked_orders as asked (invoice_id)
values ($1)
on conflict (invoice_id) do update
set asked_at = excluded.asked_at
where asked.asked_at < clock_timestamp() - interval '10 seconds'
returning invoice_id
