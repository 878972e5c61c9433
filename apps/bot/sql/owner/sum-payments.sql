select
  since,
  paid_currency as currency,
  sum(gross)::text as amount
from unnest($1::timestamptz[]) as moments (since)
join payments.invoices on paid_at >= since
where paid_currency is not null
  and gross is not null
group by since, paid_currency
order by since desc, paid_currency
