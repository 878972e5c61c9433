select list_index as index
from payments.listed_orders
where provider = $1
  and created_at >= $2
  and list_index is not null
order by created_at, list_index
limit 1
