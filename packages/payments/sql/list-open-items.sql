select
  stream,
  item,
  kind,
  payment,
  reason,
  currency,
  coalesce(amount::text, unread) as amount,
  amount is not null as "isExact",
  since,
  expires_at as "expiresAt"
from payments.open_items
where kind = any($1::text[])
  and (expires_at is null or expires_at > $2)
order by since, stream, item
limit $3
