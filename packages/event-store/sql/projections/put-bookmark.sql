-- The lease ends: whoever has code of this version may lead at once.
update paylog.bookmarks
set version = $2,
    position = $3,
    holder = null,
    lease_until = '-infinity',
    updated_at = clock_timestamp()
where follower = $1
