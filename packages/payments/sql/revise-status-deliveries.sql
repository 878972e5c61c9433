-- What is pending already keeps its place, and becomes more urgent when there is a reason. Those that are due anew are so in the order
-- in which they are given, a microsecond apart.
update payments.deliveries as delivery
set revision = revision + 1,
    due_at = case when revision > shown then due_at else statement_timestamp() + changed.nth * interval '1 microsecond' end,
    priority = case when revision > shown then least(delivery.priority, changed.priority) else changed.priority end,
    parked_reason = null
from unnest($1::text[], $2::smallint[]) with ordinality as changed (invoice_id, priority, nth)
where delivery.invoice_id = changed.invoice_id
returning delivery.customer_id as "customerId", changed.priority, changed.nth::integer as nth
