-- Where each read model is, and which streams it has set aside.
select
  follower,
  position,
  version,
  (select coalesce(json_agg(stream order by stream), '[]') from paylog.parked where parked.follower = bookmarks.follower) as parked
from paylog.bookmarks
where follower = any($1::text[])
