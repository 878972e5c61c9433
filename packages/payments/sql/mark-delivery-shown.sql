update payments.deliveries
set shown = $2,
    message_id = $3,
    sent_at = now(),
    not_before = null
where delivery_id = $1
