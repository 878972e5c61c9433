-- Numbers and times as text: exact, and spelled the same everywhere.
select
  position::text,
  to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as recorded_at,
  stream,
  version::text,
  id::text,
  type,
  schema_version::text,
  data::text,
  metadata::text
from paylog.events
where position > $1
order by events.position
limit $2
