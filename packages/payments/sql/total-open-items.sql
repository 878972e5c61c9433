select
  kind,
  currency,
  count(*)::int as items,
  sum(amount)::text as amount,
  min(since) as oldest
from payments.open_items
where expires_at is null or expires_at > $1
group by kind, currency
order by kind, currency
