-- The owners' chat (its number is negative), as far as the bot has ever written to one: whether Telegram lets it.
select coalesce(bool_or(recipients.blocked_at is not null), false) as closed
from payments.customers
join payments.recipients using (customer_id)
where telegram_user_id like '-%'
having count(*) > 0
