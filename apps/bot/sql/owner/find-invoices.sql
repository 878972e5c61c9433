-- By the id, by the number that the customer sees, or by the provider's order id.
select invoice_id as "invoiceId"
from payments.invoices
where invoice_id = lower($1)
   or order_number = upper($1)
   or order_number = $1
   or order_id = $1
order by invoice_id
limit 2
