select
  invoice_id as "invoiceId",
  status,
  title,
  currency,
  amount,
  pay_by as "payBy",
  order_number as "orderNumber",
  paid_currency as "paidCurrency",
  gross,
  fee,
  net,
  paid_at as "paidAt",
  held_payments as "heldPayments",
  version,
  position
from payments.invoices
order by position desc
limit 1
