select
  customer_id as "customerId",
  telegram_user_id as "telegramUserId",
  chat_id as "chatId",
  coalesce(chosen_language, language) as "language",
  utc_offset as "utcOffset"
from payments.customers
where customer_id = $1
