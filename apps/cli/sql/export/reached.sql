-- The log's end, and where the read models are.
select
  coalesce((select max(position) from paylog.events), 0) as head,
  coalesce((select position from paylog.bookmarks where follower = 'invoices'), 0) as invoices,
  coalesce((select position from paylog.bookmarks where follower = 'ledger'), 0) as ledger,
  (select count(*) from paylog.parked where follower in ('invoices', 'ledger')) as parked
