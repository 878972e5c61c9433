-- Waits for what a former holder may still have in hand: its transactions hold the shards.
with taken as (
  update paylog.rebuilds
  set holder = $2,
      token = nextval('paylog.fencing_tokens'),
      lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  where follower = $1
  returning follower, token
)
update paylog.rebuild_shards as shard
set token = taken.token
from taken
where shard.follower = taken.follower
returning shard.shard, shard.position, shard.token
