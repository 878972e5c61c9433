-- Three chats refused within five seconds: the limit is the bot's own, and everybody waits for $1 ms. $2, $3: rate and burst.
update payments.sending
set next_at = greatest(next_at, clock_timestamp() + $1::float8 * interval '1 millisecond' + ($3::float8 - 1) / $2::float8 * interval '1 second')
where (
  select count(*)
  from payments.recipients
  where refused_at > clock_timestamp() - interval '5 seconds'
) >= 3
returning one
