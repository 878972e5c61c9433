select position
from paylog.rebuild_shards
where follower = $1
  and shard = $2
  and token = $3
for update
