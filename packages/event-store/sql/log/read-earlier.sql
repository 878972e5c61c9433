select
  position,
  stream,
  version,
  id,
  type,
  schema_version as "schemaVersion",
  data,
  metadata,
  round(date_part('epoch', recorded_at) * 1000) as "recordedAtMs"
from unnest($1::text[], $2::integer[]) as wanted (stream, before)
join paylog.events using (stream)
where version < before
order by stream, version
