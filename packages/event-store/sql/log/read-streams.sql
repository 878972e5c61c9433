-- Several streams, each from a version of its own on.
select
  event.position,
  event.stream,
  event.version,
  event.id,
  event.type,
  event.schema_version as "schemaVersion",
  event.data,
  event.metadata,
  round(date_part('epoch', event.recorded_at) * 1000) as "recordedAtMs"
from unnest($1::text[], $2::integer[]) with ordinality as wanted (stream, "from", n)
cross join lateral (
  select *
  from paylog.events
  where stream = wanted.stream and version >= wanted."from"
) as event
order by wanted.n, event.version
