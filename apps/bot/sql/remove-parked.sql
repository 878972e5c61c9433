delete from payments.deliveries
where delivery_id = $1
  and parked_reason is not null
