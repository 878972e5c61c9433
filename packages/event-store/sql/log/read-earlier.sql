select
  position,
  version,
  schema_version,
  recorded_at,
  id,
  stream,
  type,
  data,
  metadata
from unnest($1::text[], $2::integer[]) as wanted (stream, before)
join paylog.events using (stream)
where version < before
order by stream, version
