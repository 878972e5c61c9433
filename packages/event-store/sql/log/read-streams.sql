-- Several streams, each from a version of its own on. Those of a stream come in order; streams are told apart by whoever asks.
select
  event.position,
  event.version,
  event.schema_version,
  event.recorded_at,
  event.id,
  event.stream,
  event.type,
  event.data,
  event.metadata
from unnest($1::text[], $2::integer[]) as wanted (stream, "from")
cross join lateral (
  select *
  from paylog.events
  where stream = wanted.stream and version >= wanted."from"
  order by version
) as event
