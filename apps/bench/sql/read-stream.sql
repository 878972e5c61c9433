select
  position,
  stream,
  version,
  id,
  type,
  schema_version,
  data,
  metadata,
  round(date_part('epoch', recorded_at) * 1000) as recorded_at_ms
from paylog.events
where stream = $1
order by version
