-- Read from the wire: storedRows.ts has the same columns in the same order, which is that of an entry.
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
