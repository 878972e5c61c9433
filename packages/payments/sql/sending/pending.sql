select
  delivery_id as "deliveryId",
  invoice_id as "invoiceId",
  body,
  revision,
  message_id as "messageId",
  sends
from payments.deliveries
where customer_id = $1
  and revision > shown
  and parked_reason is null
order by priority = 3, priority <> 0 or message_id is null, due_at, delivery_id
