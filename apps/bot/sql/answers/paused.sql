-- A row while Telegram takes no answers.
select
from bot.answer_pauses
where bot_id = $1
  and until > clock_timestamp()
