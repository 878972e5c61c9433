-- Up to where entries are stored, after $1 events that are trusted, of $2 that the tree says it holds; the last position of all; and
-- how many events come after what is stored.
with stored as (
  select greatest($1::bigint, least($2::bigint, 256 * ($1::bigint / 256) + coalesce(sum(length(hashes)), 0) / 32)) as until
  from transparency.entries
  where bundle between $1::bigint / 256 and ($2::bigint - 1) / 256
)
select
  until,
  (select coalesce(max(position), 0) from paylog.events where position > 0) as head,
  (select count(*) from paylog.events where position > until) as later
from stored
