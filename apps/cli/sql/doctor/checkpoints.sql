-- What the newest checkpoint, of $1 events, does not have yet, and since when the first of it waits. Without $1, by the largest row,
-- whoever wrote it.
select
  newest.size is not null as "isSigned",
  head - coalesce(newest.size, 0) as unsigned,
  coalesce(
    (
      select (extract(epoch from clock_timestamp() - recorded_at) * 1000)::double precision
      from paylog.events
      where position = coalesce(newest.size, 0) + 1
    ),
    0
  ) as "ageMs"
from (select coalesce(max(position), 0) as head from paylog.events) as log
cross join (select coalesce($1::bigint, (select max(size) from transparency.checkpoints where $2::boolean)) as size) as newest
