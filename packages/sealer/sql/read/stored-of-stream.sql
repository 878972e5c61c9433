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
where stream = $1
order by version
