-- The live tables that have been changed since their shadows were made like them: in their columns, indexes or checks.
with pairs as (
  select live as name, live::regclass as live, shadow::regclass as shadow
  from unnest($1::text[], $2::text[]) as pairs (live, shadow)
),
ours as (
  select live as oid from pairs
  union all
  select shadow from pairs
),
parts as (
  select
    attrelid as oid,
    format(
      'column %s %s %s %s',
      attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
    ) as part
  from pg_attribute
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid in (select oid from ours) and attnum > 0 and not attisdropped
  union all
  select
    indrelid,
    format('index %s %s', indisunique, regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', ''))
  from pg_index
  where indrelid in (select oid from ours)
  union all
  select conrelid, pg_get_constraintdef(oid)
  from pg_constraint
  where conrelid in (select oid from ours) and contype = 'c'
)
select name as "table"
from pairs
where (select array_agg(part order by part) from parts where oid = live)
  is distinct from (select array_agg(part order by part) from parts where oid = shadow)
