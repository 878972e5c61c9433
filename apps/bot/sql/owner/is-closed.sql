-- Whether Telegram refuses what goes to the owners' chat.
select exists (
  select from payments.recipients
  where customer_id = $1 and blocked_at is not null
) as closed
