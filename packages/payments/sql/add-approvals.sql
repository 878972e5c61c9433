insert into payments.approvals (id, stream, kind, asked_by)
select
  id,
  stream,
  kind,
  "askedBy"
from json_to_recordset($1) as rows (
  id text,
  stream text,
  kind text,
  "askedBy" text
)
