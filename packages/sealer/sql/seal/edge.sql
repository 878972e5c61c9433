-- The tree's size, and those of these tiles that are there. A row at least.
select size.size, tile.level, tile.index, tile.hashes
from (
  select coalesce((
    select index * 256 + length(hashes) / 32
    from transparency.tiles
    where level = 0
    order by index desc
    limit 1
  ), 0)::bigint as size
) as size
left join (
  select level, index, hashes
  from unnest($1::smallint[], $2::bigint[]) as wanted (level, index)
  join transparency.tiles using (level, index)
) as tile on true
