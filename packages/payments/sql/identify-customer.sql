-- What a customer has chosen outlasts what Telegram reports with every update.
insert into payments.customers (customer_id, telegram_user_id, chat_id, language)
values ($1, $2, $3, $4)
on conflict (telegram_user_id) do update
  set chat_id = excluded.chat_id,
      language = excluded.language
returning
  customer_id as "customerId",
  telegram_user_id as "telegramUserId",
  chat_id as "chatId",
  coalesce(chosen_language, language) as "language",
  utc_offset as "utcOffset"
