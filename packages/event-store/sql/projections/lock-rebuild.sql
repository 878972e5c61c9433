select
  version,
  array_to_string(tables, ',') as tables,
  array_to_string(shadows, ',') as shadows,
  shards,
  token,
  case
    when holder is distinct from $2 and lease_until > clock_timestamp()
      then date_part('epoch', lease_until - clock_timestamp()) * 1000
    else 0
  end as "heldMs"
from paylog.rebuilds
where follower = $1
for update
