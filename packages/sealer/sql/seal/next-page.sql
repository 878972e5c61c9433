-- The last position of the next page, of at most $2 events; not beyond $1 when there is none.
select least(coalesce(max(position), 0), $1::bigint + $2::integer) as last
from paylog.events
