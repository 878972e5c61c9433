-- How far each is behind, and for how long what it lacks first has been there.
select
  follower,
  (select coalesce(max(position), 0) from paylog.events) - bookmarks.position as behind,
  coalesce(
    (
      select (extract(epoch from clock_timestamp() - recorded_at) * 1000)::double precision
      from paylog.events
      where events.position = bookmarks.position + 1
    ),
    0
  ) as "lagMs",
  (select count(*) from paylog.parked where parked.follower = bookmarks.follower) as parked
from paylog.bookmarks
order by follower
