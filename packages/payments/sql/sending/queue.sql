-- Messages that wait to be sent, by how urgent they are; not those of customers who have blocked the bot.
select
  message.priority,
  count(*)::integer as messages,
  greatest(0, extract(epoch from clock_timestamp() - min(message.due_at)))::float8 as "oldestSeconds"
from payments.deliveries as message
join payments.recipients as recipient using (customer_id)
where message.revision > message.shown
  and message.parked_reason is null
  and recipient.blocked_at is null
group by message.priority
