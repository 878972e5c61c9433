select
  delivery_id as "deliveryId",
  customer_id as "customerId",
  invoice_id as "invoiceId",
  body,
  message_id as "messageId"
from payments.deliveries
where delivery_id = $1
