update payments.approvals as asked
set approved_by = rows."approvedBy"
from json_to_recordset($1) as rows (
  id text,
  stream text,
  "approvedBy" text
)
where asked.id = rows.id
  and asked.stream = rows.stream
