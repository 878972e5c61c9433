-- What a check of the log reads of each event: every stored column.
select
  position,
  recorded_at,
  version,
  schema_version,
  id,
  stream,
  type,
  data,
  metadata,
  append_key,
  append_digest,
  append_count
from paylog.events
where position > $1::bigint and position <= $1::bigint + $2::bigint
order by position
