-- Where they get messages: as any user of the bot, by their customer id.
select
  staff_id as "staffId",
  name,
  role,
  customer_id as "customerId"
from payments.staff_links
join payments.staff using (staff_id)
join payments.customers using (telegram_user_id)
where left_at is null
order by staff_id
