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
where stream = any($1::text[])
  and position <= $2
order by stream, version
