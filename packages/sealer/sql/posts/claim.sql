-- The checkpoint of size $3 of the log $2, if this channel was not told of it or of a larger one, and was told nothing for $4
-- milliseconds. Whoever gets the row is to say it; nobody else gets it.
insert into transparency.posts as post (channel, origin, size, posted_at)
values ($1, $2, $3, clock_timestamp())
on conflict (channel) do update
set origin = excluded.origin,
    size = excluded.size,
    posted_at = excluded.posted_at
where (post.origin <> excluded.origin or post.size < excluded.size)
  and post.posted_at <= clock_timestamp() - $4::float8 * interval '1 millisecond'
returning size
