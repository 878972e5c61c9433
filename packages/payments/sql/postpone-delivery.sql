update payments.deliveries
set not_before = $2
where delivery_id = $1
