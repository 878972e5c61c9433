-- Answers with what does not sum to zero of what was written.
with written as (
  insert into payments.ledger_entries (position, line, stream, what, account, currency, amount)
  select position, line, stream, what, account, currency, amount
  from json_to_recordset($1) as rows (
    position bigint,
    line integer,
    stream text,
    what text,
    account text,
    currency text,
    amount numeric
  )
  returning position, currency, amount
)
select position, currency, sum(amount) as sum
from written
group by position, currency
having sum(amount) <> 0
order by position, currency
