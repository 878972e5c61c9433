-- How far a follower has come, and the log.
select
  coalesce((select position from paylog.bookmarks where follower = $1), 0) as reached,
  coalesce((select max(position) from paylog.events), 0) as head
