select
  id,
  stream,
  kind,
  asked_by as "askedBy",
  taken_by as "takenBy",
  approved_by as "approvedBy"
from payments.approvals
where id = $1
order by stream
