select
  order_id as "orderId",
  external_id as "externalId",
  list_index as index,
  created_at as "createdAt",
  ours,
  ended
from payments.listed_orders
where provider = $1
  and list_index >= $2
  and list_index < $3
order by list_index, order_id
