-- Streams of which an event after position $1 is not the next version of its stream, and events recorded before their
-- predecessor. What comes first is enough.
with streams as (
  select stream
  from paylog.events
  group by stream
  having min(version) <> 1 or max(version) <> count(*)
),
versions as (
  select position, format('version %s of the stream %s is not the next one', version, stream) as detail
  from (
    select position, stream, version, lag(version, 1, 0) over (partition by stream order by position) as before
    from paylog.events
    where stream in (select stream from streams)
  ) as event
  where version <> before + 1 and position > $1
),
times as (
  select position, 'it is recorded earlier than the event before it' as detail
  from (
    select position, recorded_at, lag(recorded_at) over (order by position) as before
    from paylog.events
    where position >= $1
  ) as event
  where recorded_at < before
)
select position, detail from versions
union all
select position, detail from times
order by position
limit 1000
