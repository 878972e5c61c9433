-- One append of several events: versions $1 and on.
insert into public.inserted (
  version,
  schema_version,
  id,
  stream,
  type,
  data,
  metadata
)
select
  $1::integer + n - 1,
  $2::integer,
  id,
  $4,
  $5,
  $6::json,
  $7::json
from unnest($3::uuid[]) with ordinality as ids (id, n)
