-- Claims the alarms that nobody was told yet: whichever process asks first has them. Forgets those that are over, after an hour,
-- so that what comes and goes does not tell of itself all the time. `$1` is now, `$2` and `$3` the queues of orders to open and
-- of what was paid for and is to be delivered.
with known as (
  select
    'open ' || stream || ' ' || item || ' ' || extract(epoch from since)::text as alarm,
    'Open' as kind,
    stream,
    item,
    null as detail,
    since
  from payments.open_items
  where expires_at is null or expires_at > $1
  union all
  select
    'ledger ' || stream || ' ' || alarm || ' ' || provider || ' ' || order_id || ' ' || max(position)::text,
    'Ledger',
    stream,
    null,
    alarm,
    $1
  from payments.ledger_alarms
  group by stream, alarm, provider, order_id
  having sum(change) > 0
  union all
  select
    'conflict ' || stream,
    'Conflict',
    stream,
    null,
    null,
    recorded_at
  from paylog.work
  join paylog.events on stream = 'invoice-' || key and type = 'ProviderOrderConflicted'
  where queue = $2
  union all
  select
    'parked ' || follower || ' ' || stream || ' ' || extract(epoch from parked_at)::text,
    'Stream',
    stream,
    null,
    follower,
    parked_at
  from paylog.parked
  union all
  select
    'update ' || bot_id || ' ' || update_id,
    'Update',
    null,
    null,
    null,
    parked_at
  from bot.updates
  where parked_at is not null
  union all
  select
    'message ' || delivery_id || ' ' || revision,
    'Message',
    null,
    null,
    null,
    due_at
  from payments.deliveries
  where parked_reason is not null
    and delivery_id not like 'alarm/%' -- it would tell of itself for ever
  union all
  select
    'late ' || queue,
    case when queue = $2 then 'LateOrders' else 'LateGoods' end,
    null,
    null,
    count(*)::text,
    min(coalesce(paid_at, issued_at))
  from paylog.work
  join payments.invoices on invoice_id = key
  where queue = $2 and status in ('Issued', 'Requested') and issued_at < $1 - interval '10 minutes'
     or queue = $3 and status = 'Paid' and fulfilled_at is null and paid_at < $1 - interval '10 minutes'
  group by queue
), gone as (
  delete from bot.told_alarms
  where told_at < clock_timestamp() - interval '1 hour'
    and not exists (select from known where known.alarm = told_alarms.alarm)
), told as (
  insert into bot.told_alarms (alarm)
  select distinct alarm
  from known
  where not exists (select from bot.told_alarms where told_alarms.alarm = known.alarm)
  on conflict do nothing
  returning alarm
)
select
  known.alarm,
  known.kind,
  known.stream,
  known.item,
  known.detail,
  asked_by as "askedBy"
from known
join told on told.alarm = known.alarm
left join payments.approvals on approvals.id = known.item and approvals.stream = known.stream
order by since, known.alarm
