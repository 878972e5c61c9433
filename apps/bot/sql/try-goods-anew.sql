-- What was given up is to be sent after all, as it is drawn now ($2).
update payments.deliveries
set body = $2::json,
    revision = revision + 1,
    due_at = clock_timestamp()
where delivery_id = $1
  and message_id is null
  and revision <= shown
