update payments.deliveries
set message_id = $2
where invoice_id = $1
