with unlinked as (
  delete from payments.staff_links
  where staff_id = $1
), uninvited as (
  delete from payments.staff_invitations
  where staff_id = $1
)
update payments.staff
set left_at = coalesce(left_at, now()),
    login = null
where staff_id = $1
returning
  staff_id as "staffId",
  name,
  login,
  role,
  null as "linkedAt",
  added_at as "addedAt",
  left_at as "leftAt"
