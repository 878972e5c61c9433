delete from payments.deliveries
where customer_id = $1
returning delivery_id
