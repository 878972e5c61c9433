-- By the number that its customer sees, or by the provider's id.
select invoice_id as "invoiceId"
from payments.invoices
where order_number = $1
   or order_id = $1
order by invoice_id
limit 11
