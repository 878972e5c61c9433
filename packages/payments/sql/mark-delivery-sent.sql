update payments.deliveries
set message_id = $2,
    sent_at = now()
where delivery_id = $1
