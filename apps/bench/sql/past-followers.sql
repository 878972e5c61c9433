-- Every follower has come to the log's end. The sealer's is left out: a tree has no holes.
insert into paylog.bookmarks (follower, version, position)
select follower, version, (select coalesce(max(position), 0) from paylog.events)
from unnest($1::text[], $2::integer[]) as followers (follower, version)
