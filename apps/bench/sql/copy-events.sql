copy (
  select
    position,
    stream,
    version,
    id,
    type,
    schema_version,
    data,
    metadata,
    round(date_part('epoch', recorded_at) * 1000)
  from paylog.events
  where position <= {last}
  order by position
) to stdout
