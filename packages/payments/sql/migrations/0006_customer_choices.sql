-- What customers have said about themselves. Null: they have not, and a language is what Telegram reports.
alter table payments.customers
  add column chosen_language text,
  add column utc_offset integer constraint customers_utc_offset check (utc_offset between -720 and 840); -- minutes ahead of UTC
