insert into payments.staff (staff_id, name, login, role)
values ($1, $2, $3, $4)
on conflict (login) do nothing
returning
  staff_id as "staffId",
  name,
  login,
  role,
  null as "linkedAt",
  added_at as "addedAt",
  left_at as "leftAt"
