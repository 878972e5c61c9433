-- An update that was set aside is handled as if it had just come, in its place in its chat. $1: this one alone.
update bot.updates
set parked_at = null,
    attempts = 0,
    due_at = clock_timestamp()
where parked_at is not null
  and ($1::bigint is null or update_id = $1)
returning update_id
