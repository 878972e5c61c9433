-- Locked, so that a chat that begins meanwhile waits, and then begins as somebody new.
select
  telegram_user_id as "telegramUserId",
  chat_id as "chatId"
from payments.customers
where customer_id = $1
for update
