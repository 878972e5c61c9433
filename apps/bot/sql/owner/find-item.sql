-- The open item that a button names: by the SHA-256 of where it stands, since a stream's name would not fit there. `$2` is now.
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
where left(encode(sha256(convert_to(stream || ' ' || item, 'UTF8')), 'hex'), 24) = $1
  and (expires_at is null or expires_at > $2)
