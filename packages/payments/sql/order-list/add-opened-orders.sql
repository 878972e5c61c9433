-- Where the order stands in the list is for the sweep to say, before or after this. Should a provider give one id twice, the first
-- one counts.
insert into payments.listed_orders (provider, order_id, external_id, ours, ended, opened_at)
select distinct on (opened.provider, opened.order_id) opened.provider, opened.order_id, opened.external_id, true, false, to_timestamp(opened.at_ms / 1000)
from unnest($1::text[], $2::text[], $3::text[], $4::float8[]) as opened (provider, order_id, external_id, at_ms)
order by opened.provider, opened.order_id, opened.at_ms
on conflict (provider, order_id) do update
  set ours = true,
      opened_at = coalesce(listed_orders.opened_at, excluded.opened_at)
