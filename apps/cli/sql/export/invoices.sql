select
  invoice_id,
  customer_id,
  status,
  title,
  amount::text,
  currency,
  to_char(issued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as issued_at,
  to_char(pay_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as pay_by,
  order_id,
  order_number,
  gross::text,
  fee::text,
  net::text,
  paid_currency,
  to_char(paid_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as paid_at,
  to_char(fulfilled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as fulfilled_at,
  held_payments::text,
  version::text,
  position::text
from payments.invoices
where invoice_id > $1
order by invoice_id
limit $2
