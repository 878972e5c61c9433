delete from payments.customers
where customer_id = $1
returning customer_id
