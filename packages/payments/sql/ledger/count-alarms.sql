select alarm, count(*) as alarms
from (
  select alarm
  from payments.ledger_alarms
  group by stream, alarm, provider, order_id
  having sum(change) > 0
) as open
group by alarm
