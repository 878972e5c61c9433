select substring(sums from $2::integer + 1 for $3::integer) as sums
from transparency.column_sums
where bundle = $1
