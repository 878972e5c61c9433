-- Claims the alarms that nobody was told yet: whichever process asks first has them. Forgets those that are over, once an hour has
-- passed since they were told, so that what comes and goes does not tell of itself all the time. Also answers what was told and is
-- over since the last look, has come back, or is a refund that another person sends now: kind `Changed`. `$1` is now, `$2` and `$3` the queues of orders to open and of what was
-- paid for and is to be delivered.
with known as (
  select
    'open ' || stream || ' ' || item || ' ' || extract(epoch from since)::text as alarm,
    stream || ' ' || item as subject,
    'Open' as kind,
    stream,
    item,
    kind as detail,
    since
  from payments.open_items
  where expires_at is null or expires_at > $1
  union all
  select
    'ledger ' || stream || ' ' || alarm || ' ' || provider || ' ' || order_id || ' ' || max(position)::text,
    null,
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
    null,
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
    null,
    'Stream',
    stream,
    null,
    follower,
    parked_at
  from paylog.parked
  union all
  select
    'update ' || bot_id || ' ' || update_id,
    null,
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
    null,
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
    null,
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
), named as (
  -- As `find-item.sql` names what a button is about.
  select known.*, taken_by, left(encode(sha256(convert_to(coalesce(subject, alarm), 'UTF8')), 'hex'), 24) as about
  from known
  left join payments.approvals on approvals.id = known.item and approvals.stream = known.stream
), gone as (
  delete from bot.told_alarms
  where told_at < clock_timestamp() - interval '1 hour'
    and not exists (select from known where known.alarm = told_alarms.alarm)
  returning about, over_at is null as changed
), over as (
  update bot.told_alarms
  set over_at = clock_timestamp()
  where told_at >= clock_timestamp() - interval '1 hour'
    and over_at is null
    and not exists (select from known where known.alarm = told_alarms.alarm)
  returning about
), back as (
  update bot.told_alarms
  set over_at = null
  where over_at is not null
    and exists (select from known where known.alarm = told_alarms.alarm)
  returning about
), taken as (
  update bot.told_alarms
  set taken_by = named.taken_by
  from named
  where told_alarms.alarm = named.alarm
    and told_alarms.over_at is null
    and told_alarms.taken_by is distinct from named.taken_by
  returning told_alarms.about
), told as (
  insert into bot.told_alarms (alarm, about, taken_by)
  select distinct alarm, about, taken_by
  from named
  where not exists (select from bot.told_alarms where told_alarms.alarm = named.alarm)
  on conflict do nothing
  returning alarm
), changed as (
  select about from gone where changed
  union
  select about from over
  union
  select about from back
  union
  select about from taken
)
select
  named.about,
  named.kind,
  named.stream,
  named.item,
  named.detail,
  asked_by as "askedBy",
  named.since,
  named.alarm
from named
join told on told.alarm = named.alarm
left join payments.approvals on approvals.id = named.item and approvals.stream = named.stream
union all
select about, 'Changed', null, null, null, null, $1, about
from changed
where about is not null
order by since, alarm
