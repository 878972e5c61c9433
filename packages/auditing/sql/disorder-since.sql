-- The same for few new events: each has its predecessor in the stream, and is recorded no earlier than the one before it.
select position, detail
from (
  select event.position, format('version %s of the stream %s is not the next one', event.version, event.stream) as detail
  from paylog.events as event
  where event.position > $1
    and event.version > 1
    and not exists (
      select from paylog.events as before
      where before.stream = event.stream and before.version = event.version - 1 and before.position < event.position
    )
  union all
  select event.position, 'it is recorded earlier than the event before it'
  from paylog.events as event
  join paylog.events as before on before.position = event.position - 1
  where event.position > $1 and event.recorded_at < before.recorded_at
) as found
order by position
limit 1000
