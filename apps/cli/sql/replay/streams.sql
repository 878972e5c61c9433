-- The next streams in order of their names, by the index, and how many events each has.
select
  stream,
  (select last.version from paylog.events as last where last.stream = first.stream order by version desc limit 1) as length
from paylog.events as first
where version = 1
  and stream > $1
order by stream
limit $2
