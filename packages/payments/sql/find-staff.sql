-- Whoever works with a login of their own is nobody else: an id that is bound to none is no second person of theirs.
select
  session_user::text as session,
  case
    when login is null then not exists (select from payments.staff where login = session_user)
    else login = session_user
  end as allowed
from payments.staff
where staff_id = $1
  and left_at is null
