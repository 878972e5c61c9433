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
where stream = $1 and version <= $2
order by version desc
limit $3
