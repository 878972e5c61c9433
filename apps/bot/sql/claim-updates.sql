-- The oldest waiting update of each chat, when it is due. Another process may have taken or finished one since the
-- snapshot: `for update` looks again at the row as it is now.
with oldest as (
  select distinct on (chat_id) update_id
  from bot.updates
  where bot_id = $1
    and handled_at is null
    and parked_at is null
  order by chat_id, update_id
), due as (
  select update_id
  from bot.updates
  where bot_id = $1
    and update_id in (select update_id from oldest)
    and handled_at is null
    and parked_at is null
    and due_at <= statement_timestamp()
  order by update_id
  limit $2
  for update skip locked
)
update bot.updates as claimed
set attempts = claimed.attempts + 1,
    due_at = clock_timestamp() + $3 * interval '1 millisecond'
from due
where claimed.bot_id = $1
  and claimed.update_id = due.update_id
returning
  claimed.update_id as "updateId",
  claimed.body,
  claimed.invoice_id as "invoiceId",
  claimed.attempts,
  claimed.received_at as "receivedAt"
