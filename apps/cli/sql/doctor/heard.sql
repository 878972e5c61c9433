-- By which way the last payments were heard of first, of the log's last hundred thousand events.
select
  count(*) as payments,
  count(*) filter (where source = 'Webhook') as webhooks
from (
  select metadata ->> 'source' as source
  from paylog.events
  where position > (select coalesce(max(position), 0) - 100000 from paylog.events)
    and type = 'PaymentReceived'
    and metadata ->> 'source' in ('Webhook', 'Poll', 'Sweep')
  order by position desc
  limit 20
) as last
