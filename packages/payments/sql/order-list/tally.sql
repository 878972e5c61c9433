select
  (
    select count(*)
    from payments.listed_orders
    where provider = $1
      and list_index >= $2
      and list_index < $3
      and ours
  )::int as ours,
  (
    select count(*)
    from payments.listed_orders
    where provider = $1
      and list_index is null
      and opened_at < $4
  )::int as missing
