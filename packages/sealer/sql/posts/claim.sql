-- The newest checkpoint, if this channel has not been told of it, and was told nothing for so many milliseconds. Whoever gets
-- the row is to say it; nobody else gets it.
with latest as (
  select origin, size, note
  from transparency.checkpoints
  order by signed_at desc, size desc
  limit 1
),
claimed as (
  insert into transparency.posts as post (channel, origin, size, posted_at)
  select $1, origin, size, clock_timestamp()
  from latest
  on conflict (channel) do update
  set origin = excluded.origin,
      size = excluded.size,
      posted_at = excluded.posted_at
  where (post.origin, post.size) <> (excluded.origin, excluded.size)
    and post.posted_at <= clock_timestamp() - $2::float8 * interval '1 millisecond'
  returning origin, size
)
select latest.note, latest.size
from latest
join claimed using (origin, size)
