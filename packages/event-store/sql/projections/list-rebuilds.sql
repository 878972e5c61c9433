select
  follower,
  version,
  lease_until > clock_timestamp() as running,
  (
    select round(avg(position))::bigint
    from paylog.rebuild_shards as shard
    where shard.follower = rebuild.follower
  ) as position,
  (
    select count(*)
    from paylog.rebuild_parked as parked
    where parked.follower = rebuild.follower
  ) as parked
from paylog.rebuilds as rebuild
order by follower
