select
  staff_id as "staffId",
  name,
  login,
  role,
  linked_at as "linkedAt",
  added_at as "addedAt",
  left_at as "leftAt"
from payments.staff
left join payments.staff_links using (staff_id)
order by added_at, staff_id
