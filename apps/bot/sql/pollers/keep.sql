update bot.pollers
set held_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
where bot_id = $1
  and token = $2
returning token
