update payments.deliveries
set parked_reason = $3
where delivery_id = $1
  and revision = $2
