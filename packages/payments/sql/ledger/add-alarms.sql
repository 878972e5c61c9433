insert into payments.ledger_alarms (position, line, stream, alarm, provider, order_id, change)
select position, line, stream, alarm, provider, order_id, change
from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[]) as rows (
  position, line, stream, alarm, provider, order_id, change
)
