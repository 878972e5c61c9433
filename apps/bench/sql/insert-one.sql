insert into public.inserted (
  version,
  schema_version,
  id,
  stream,
  type,
  data,
  metadata
) values ($1, $2, $3, $4, $5, $6, $7)
