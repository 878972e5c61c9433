insert into payments.staff (staff_id, name, login)
values ($1, $2, $3)
on conflict (login) do nothing
returning
  staff_id as "staffId",
  name,
  login,
  added_at as "addedAt",
  left_at as "leftAt"
