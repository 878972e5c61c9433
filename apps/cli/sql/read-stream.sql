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
from paylog.events
where stream = $1
order by version
