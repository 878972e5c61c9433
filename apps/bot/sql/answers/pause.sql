insert into bot.answer_pauses as pause (bot_id, until)
values ($1, clock_timestamp() + $2::float8 * interval '1 millisecond')
on conflict (bot_id) do update
set until = greatest(pause.until, excluded.until)
