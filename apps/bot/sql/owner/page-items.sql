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
where expires_at is null or expires_at > $1
order by since, stream, item
limit $2
offset $3
