-- How many updates of its chat came in the minute up to this one, with it.
select count(*)::integer as nth
from bot.updates as this
join bot.updates as earlier
  on earlier.bot_id = this.bot_id
  and earlier.chat_id = this.chat_id
  and earlier.update_id <= this.update_id
  and earlier.received_at > this.received_at - interval '1 minute'
where this.bot_id = $1
  and this.update_id = $2
