select
  customer_id as "customerId",
  telegram_user_id as "telegramUserId",
  chat_id as "chatId",
  language
from payments.customers
where customer_id = $1
