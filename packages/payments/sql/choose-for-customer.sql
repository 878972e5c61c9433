update payments.customers
set chosen_language = coalesce($2, chosen_language),
    utc_offset = coalesce($3, utc_offset)
where customer_id = $1
returning
  customer_id as "customerId",
  telegram_user_id as "telegramUserId",
  chat_id as "chatId",
  coalesce(chosen_language, language) as "language",
  utc_offset as "utcOffset"
