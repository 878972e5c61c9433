select customer_id as "customerId"
from payments.customers
where telegram_user_id = $1
