-- What the follower knows of an order of ours stays: that we opened it, and when. Should an order be listed twice, its first place
-- counts.
insert into payments.listed_orders (provider, order_id, external_id, list_index, created_at, ours, ended)
select distinct on ("orderId") $1, "orderId", "externalId", index, to_timestamp("createdAt" / 1000), ours, ended
from json_to_recordset($2) as place (
  "orderId" text,
  "externalId" text,
  index integer,
  "createdAt" double precision,
  ours boolean,
  ended boolean
)
order by "orderId", index
on conflict (provider, order_id) do update
  set list_index = excluded.list_index,
      created_at = excluded.created_at,
      ours = listed_orders.ours or excluded.ours,
      ended = excluded.ended
