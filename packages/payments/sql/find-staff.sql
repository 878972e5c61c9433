select
  login,
  session_user::text as session
from payments.staff
where staff_id = $1
  and left_at is null
