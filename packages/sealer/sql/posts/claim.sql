-- The checkpoint of size $3 of the log $2, if this channel was not told of it, and was told nothing for $4 milliseconds. Whoever
-- gets the row is to say it; nobody else gets it. Every application login may write here: a time to come silences no channel.
insert into transparency.posts as post (channel, origin, size, posted_at)
values ($1, $2, $3, clock_timestamp())
on conflict (channel) do update
set origin = excluded.origin,
    size = excluded.size,
    posted_at = excluded.posted_at
where (post.origin, post.size) <> (excluded.origin, excluded.size)
  and post.posted_at not between clock_timestamp() - $4::float8 * interval '1 millisecond' and clock_timestamp()
returning size
