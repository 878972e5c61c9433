-- One row for each moment in `$1`: what was issued since, how much of that is paid, and what was paid since.
select
  since,
  count(*) filter (where issued_at >= since)::int as issued,
  count(*) filter (where issued_at >= since and paid_at is not null)::int as converted,
  count(*) filter (where paid_at >= since)::int as paid
from unnest($1::timestamptz[]) as moments (since)
left join payments.invoices on issued_at >= since or paid_at >= since
group by since
order by since desc
