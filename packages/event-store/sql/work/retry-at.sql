update paylog.work
set due_at = to_timestamp($4::float8 / 1000.0),
    lease_until = '-infinity',
    last_reason = $5
where queue = $1
  and key = $2
  and token = $3
  and not renewed
returning key
