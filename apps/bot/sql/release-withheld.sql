delete from bot.withheld
where customer_id = $1
returning delivery_id as "deliveryId"
