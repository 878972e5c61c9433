select distinct stream
from payments.open_items
where stream = any($1::text[])
