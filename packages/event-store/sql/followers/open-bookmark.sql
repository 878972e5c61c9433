insert into paylog.bookmarks (follower, version)
values ($1, $2)
on conflict (follower) do nothing
