-- The same for few new events: each has its predecessor in the stream before it.
select position, format('version %s of the stream %s is not the next one', version, stream) as detail
from paylog.events as event
where position > $1
  and version > 1
  and not exists (
    select from paylog.events as before
    where before.stream = event.stream and before.version = event.version - 1 and before.position < event.position
  )
order by position
limit 1000
