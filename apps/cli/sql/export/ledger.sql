select
  position::text,
  line::text,
  stream,
  what,
  account,
  amount::text,
  currency
from payments.ledger_entries
where (ledger_entries.position, ledger_entries.line) > ($1::bigint, $2::integer)
order by ledger_entries.position, ledger_entries.line
limit $3
