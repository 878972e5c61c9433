-- Rows of things that the log does not have.
select 'invoices' as model, invoice_id as key
from payments.invoices
where not exists (select from paylog.events where stream = 'invoice-' || invoice_id and version = 1)
union all
select 'open-items', stream || ' ' || item
from payments.open_items
where not exists (select from paylog.events where stream = open_items.stream and version = 1)
union all
select 'approvals', id || ' ' || stream
from payments.approvals
where not exists (
  select
  from paylog.events
  where stream = approvals.stream
    and approvals.id in (data ->> 'refundId', data ->> 'proposalId')
)
union all
select 'ledger', position || '/' || line
from payments.ledger_entries
where not exists (select from paylog.events where position = ledger_entries.position)
union all
select 'ledger', position || '/' || line || ' (alarm)'
from payments.ledger_alarms
where not exists (select from paylog.events where position = ledger_alarms.position)
limit 1000
