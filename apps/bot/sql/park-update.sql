update bot.updates
set parked_at = clock_timestamp(),
    last_error = $4
where bot_id = $1
  and update_id = $2
  and attempts = $3
  and handled_at is null
