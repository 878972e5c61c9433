-- Several streams, each from a version of its own on. `n` says which of the wanted a row answers.
select
  wanted.n,
  event.position,
  wanted.stream,
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
  order by version
) as event
order by wanted.n, event.version
