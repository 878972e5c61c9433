insert into bot.updates (bot_id, update_id, chat_id, body, invoice_id)
select $1, update_id, chat_id, body::json, invoice_id
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) as told (update_id, chat_id, body, invoice_id)
order by update_id
on conflict (bot_id, update_id) do nothing
returning update_id
