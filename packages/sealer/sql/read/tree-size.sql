-- A tile past 2⁵³ leaves, which no log has, counts as the last one before: so its tree is too large, and nothing overflows.
select coalesce((
  select least(index, 35184372088831) * 256 + length(hashes) / 32
  from transparency.tiles
  where level = 0
  order by index desc
  limit 1
), 0)::bigint as size
