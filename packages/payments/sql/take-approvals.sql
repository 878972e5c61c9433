update payments.approvals as asked
set taken_by = rows."takenBy"
from json_to_recordset($1) as rows (
  id text,
  stream text,
  "takenBy" text
)
where asked.id = rows.id
  and asked.stream = rows.stream
