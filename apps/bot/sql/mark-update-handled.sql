update bot.updates
set handled_at = clock_timestamp(),
    last_error = null
where bot_id = $1
  and update_id = $2
  and attempts = $3
  and handled_at is null
  and parked_at is null
returning update_id
