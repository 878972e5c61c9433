update payments.listed_orders
set list_index = null
where provider = $1
  and list_index is not null
