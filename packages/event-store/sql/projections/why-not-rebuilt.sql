select name as "table", reason
from unnest($1::text[]) as name
cross join lateral paylog.why_not_rebuilt(name::regclass) as reason
