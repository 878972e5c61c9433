select list_index as index
from payments.listed_orders
where provider = $1
  and order_id = $2
  and list_index is not null
