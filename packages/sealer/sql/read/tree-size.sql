select coalesce((
  select index * 256 + length(hashes) / 32
  from transparency.tiles
  where level = 0
  order by index desc
  limit 1
), 0)::bigint as size
