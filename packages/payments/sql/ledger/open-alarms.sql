select
  stream,
  alarm,
  provider,
  order_id as "orderId",
  max(position) filter (where change > 0) as position
from payments.ledger_alarms
where position <= $1
group by stream, alarm, provider, order_id
having sum(change) > 0
order by position, alarm
