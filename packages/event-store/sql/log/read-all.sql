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
where position > $1
order by position
limit $2
