update payments.staff
set left_at = coalesce(left_at, now()),
    login = null
where staff_id = $1
returning
  staff_id as "staffId",
  name,
  login,
  added_at as "addedAt",
  left_at as "leftAt"
