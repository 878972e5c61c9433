-- Claims the open alarms that nobody has told yet.
insert into payments.told_alarms (stream, alarm, provider, order_id)
select stream, alarm, provider, order_id
from payments.ledger_alarms
group by stream, alarm, provider, order_id
having sum(change) > 0
on conflict do nothing
returning stream, alarm, provider, order_id as "orderId"
