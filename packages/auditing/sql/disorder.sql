-- Events after position $1 that are not the next version of their stream. What comes first is enough.
with streams as (
  select stream
  from paylog.events
  group by stream
  having min(version) <> 1 or max(version) <> count(*)
)
select position, format('version %s of the stream %s is not the next one', version, stream) as detail
from (
  select position, stream, version, lag(version, 1, 0) over (partition by stream order by position) as before
  from paylog.events
  where stream in (select stream from streams)
) as event
where version <> before + 1 and position > $1
order by position
limit 1000
