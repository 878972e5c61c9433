select
  invoice_id as "invoiceId",
  customer_id as "customerId",
  status,
  title,
  currency,
  amount,
  issued_at as "issuedAt",
  pay_by as "payBy",
  order_id as "orderId",
  order_number as "orderNumber",
  pay_link as "payLink",
  order_expires_at as "orderExpiresAt",
  paid_currency as "paidCurrency",
  gross,
  fee,
  net,
  paid_at as "paidAt",
  held_payments as "heldPayments",
  fulfilled_at as "fulfilledAt",
  version,
  position
from payments.invoices
where customer_id = $1
  and (paid_at is not null or not $4)
order by issued_at desc, invoice_id
limit $2
offset $3
