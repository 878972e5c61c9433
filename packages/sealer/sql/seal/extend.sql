with tiles as (
  insert into transparency.tiles (level, index, hashes)
  select level, index, hashes
  from unnest($1::smallint[], $2::bigint[], $3::bytea[]) as tile (level, index, hashes)
  on conflict (level, index) do update set hashes = excluded.hashes
),
sums as (
  insert into transparency.column_sums as sum (bundle, sums)
  select bundle, sums
  from unnest($4::bigint[], $6::bytea[]) as new (bundle, sums)
  on conflict (bundle) do update set sums = sum.sums || excluded.sums
)
insert into transparency.entries as entry (bundle, hashes)
select bundle, hashes
from unnest($4::bigint[], $5::bytea[]) as new (bundle, hashes)
on conflict (bundle) do update set hashes = entry.hashes || excluded.hashes
