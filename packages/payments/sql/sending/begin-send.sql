-- A new message is about to be sent: noted before, since whoever dies meanwhile cannot tell. No row: the claim was overtaken.
update payments.deliveries
set sends = sends + 1
where delivery_id = $3
  and exists (
    select from payments.recipients
    where customer_id = $1 and token = $2 and claimed_until > clock_timestamp()
  )
returning sends
