update bot.pollers
set held_until = '-infinity'
where bot_id = $1
  and token = $2
returning token
