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
from paylog.events
where stream = $1 and version >= $2
order by version
limit $3
