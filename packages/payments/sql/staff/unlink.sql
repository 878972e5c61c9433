with uninvited as (
  delete from payments.staff_invitations
  where staff_id = $1
)
delete from payments.staff_links
where staff_id = $1
returning staff_id
