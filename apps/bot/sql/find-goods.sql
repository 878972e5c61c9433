-- What became of a message: whether it is in its chat, or was given up, why it was set aside, and whether its customer has blocked the bot.
select
  message_id is not null as arrived,
  message_id is null and revision <= shown as "givenUp",
  parked_reason as "parkedReason",
  blocked_at is not null as blocked
from payments.deliveries
left join payments.recipients using (customer_id)
where delivery_id = $1
