insert into payments.ledger_alarms (position, line, stream, alarm, provider, order_id, change)
select position, line, stream, alarm, provider, "orderId", change
from json_to_recordset($1) as rows (
  position bigint,
  line integer,
  stream text,
  alarm text,
  provider text,
  "orderId" text,
  change smallint
)
