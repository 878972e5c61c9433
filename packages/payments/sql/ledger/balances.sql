-- Of every account and currency that ever had an entry up to a position. Reads all entries up to there.
select
  currency,
  account,
  coalesce(sum(amount) filter (where amount > 0), 0) as debits,
  coalesce(-sum(amount) filter (where amount < 0), 0) as credits,
  sum(amount) as balance
from payments.ledger_entries
where position <= $1
group by currency, account
order by currency, account
