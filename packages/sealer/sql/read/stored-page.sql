select
  position,
  -- Exact: what is no whole millisecond, and so was not made by paylog.append, is a number that no time of ours has.
  case
    when not isfinite(recorded_at) then -9223372036854775807
    when date_trunc('milliseconds', recorded_at) = recorded_at then (extract(epoch from recorded_at) * 1000)::bigint
    else -(extract(epoch from recorded_at) * 1000000)::bigint
  end as "recordedAtMs",
  version,
  schema_version as "schemaVersion",
  id,
  stream,
  type,
  data,
  metadata,
  append_key as "appendKey",
  append_digest as "appendDigest",
  append_count as "appendCount"
from paylog.events
where position > $1
order by position
limit $2
