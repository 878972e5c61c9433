-- No row when there is one already.
with begun as (
  insert into paylog.rebuilds (follower, version, tables, shadows, shards)
  values ($1, $2, $3, $4, $5)
  on conflict (follower) do nothing
  returning follower, shards
),
shards as (
  insert into paylog.rebuild_shards (follower, shard)
  select follower, shard
  from begun
  cross join lateral generate_series(0, shards - 1) as shard
)
select follower
from begun
