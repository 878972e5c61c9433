insert into bot.pollers as poller (bot_id, token, held_until)
values ($1, nextval('paylog.fencing_tokens'), clock_timestamp() + $2::float8 * interval '1 millisecond')
on conflict (bot_id) do update
set token = excluded.token,
    held_until = excluded.held_until
where poller.held_until <= clock_timestamp()
returning token
