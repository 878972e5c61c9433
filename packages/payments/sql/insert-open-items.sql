insert into payments.open_items (stream, item, kind, payment, reason, currency, amount, unread, since, expires_at)
select
  stream,
  item,
  kind,
  payment,
  reason,
  currency,
  amount,
  unread,
  to_timestamp(since / 1000),
  to_timestamp("expiresAt" / 1000)
-- Times are milliseconds since 1970.
from json_to_recordset($1) as rows (
  stream text,
  item text,
  kind text,
  payment integer,
  reason text,
  currency text,
  amount numeric,
  unread text,
  since double precision,
  "expiresAt" double precision
)
