insert into paylog.bookmarks (follower)
values ($1)
on conflict (follower) do nothing
