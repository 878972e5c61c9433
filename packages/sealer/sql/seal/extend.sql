-- The tiles' hashes are in $4, the new entries in $7 and their column sums in $8, one after the other: as arrays of bytea they
-- would travel as hexadecimal digits, at twice the cost. A tile takes $3 hashes from the $9-th of $4 on; a bundle takes $6
-- events from the $10-th on.
with tiles as (
  insert into transparency.tiles (level, index, hashes)
  select level, index, substr($4::bytea, at * 32 + 1, width * 32)
  from unnest($1::smallint[], $2::bigint[], $3::integer[], $9::integer[]) as tile (level, index, width, at)
  on conflict (level, index) do update set hashes = excluded.hashes
),
sums as (
  insert into transparency.column_sums as sum (bundle, sums)
  select bundle, substr($8::bytea, at * 44 + 1, width * 44)
  from unnest($5::bigint[], $6::integer[], $10::integer[]) as new (bundle, width, at)
  on conflict (bundle) do update set sums = sum.sums || excluded.sums
)
insert into transparency.entries as entry (bundle, hashes)
select bundle, substr($7::bytea, at * 32 + 1, width * 32)
from unnest($5::bigint[], $6::integer[], $10::integer[]) as new (bundle, width, at)
on conflict (bundle) do update set hashes = entry.hashes || excluded.hashes
