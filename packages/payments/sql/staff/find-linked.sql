select
  staff_id as "staffId",
  name,
  role
from payments.staff_links
join payments.staff using (staff_id)
where telegram_user_id = $1
  and left_at is null
