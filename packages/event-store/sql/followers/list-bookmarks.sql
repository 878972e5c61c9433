select
  follower,
  position,
  version,
  case when lease_until > clock_timestamp() then holder end as holder
from paylog.bookmarks
order by follower
