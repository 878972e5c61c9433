-- `$4` is the number of attempts that count: one that failed for want of the store does not.
update bot.updates
set due_at = clock_timestamp() + $5 * interval '1 millisecond',
    attempts = $4,
    last_error = $6
where bot_id = $1
  and update_id = $2
  and attempts = $3
  and handled_at is null
