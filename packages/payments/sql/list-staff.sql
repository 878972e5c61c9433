select
  staff_id as "staffId",
  name,
  login,
  added_at as "addedAt",
  left_at as "leftAt"
from payments.staff
order by added_at, staff_id
