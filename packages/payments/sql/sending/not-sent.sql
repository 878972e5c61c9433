-- What was begun under this claim was refused, and so was not sent for certain. One that was overtaken leaves the count: it may be too
-- high, and never too low.
update payments.deliveries
set sends = greatest(0, sends - 1)
where delivery_id = $3
  and exists (select from payments.recipients where customer_id = $1 and token = $2)
returning sends
