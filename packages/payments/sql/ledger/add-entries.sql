-- Answers with what does not sum to zero of what was written.
with written as (
  insert into payments.ledger_entries (position, line, stream, what, account, currency, amount)
  select position, line, stream, what, account, currency, amount::numeric
  from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as rows (
    position, line, stream, what, account, currency, amount
  )
  returning position, currency, amount
)
select position, currency, sum(amount) as sum
from written
group by position, currency
having sum(amount) <> 0
order by position, currency
