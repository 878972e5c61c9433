-- By the catalog, which everybody may read: a login without rights on a schema sees that its tables are there.
select exists (
  select
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  where nspname || '.' || relname = $1
) as "isThere"
