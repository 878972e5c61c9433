-- What no checkpoint has yet, and since when the first of it waits.
select
  (select count(*) from transparency.checkpoints) as checkpoints,
  head - coalesce((select max(size) from transparency.checkpoints), 0) as unsigned,
  coalesce(
    (
      select (extract(epoch from clock_timestamp() - recorded_at) * 1000)::double precision
      from paylog.events
      where position = coalesce((select max(size) from transparency.checkpoints), 0) + 1
    ),
    0
  ) as "ageMs"
from (select coalesce(max(position), 0) as head from paylog.events) as log
