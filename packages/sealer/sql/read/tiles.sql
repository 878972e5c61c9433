select level, index, hashes
from unnest($1::smallint[], $2::bigint[]) as wanted (level, index)
join transparency.tiles using (level, index)
order by level, index
