-- What guards the log, a line each: tables, columns, constraints, indexes, triggers, functions, rules, policies and grants of its
-- schemas; of the schema payments, whose tables are made again and again, functions and what makes two people two. Names of owners
-- are left out, and what a grant to nobody else says; but not who owns something and does not own the log, nor who may write to the
-- log by a way that no grant of it shows.
with schemas as (
  select oid, nspname as name, nspacl as acl, nspowner as owner
  from pg_namespace
  where nspname in ('paylog', 'transparency')
),
log as (
  select owner from schemas where name = 'paylog'
),
functions as (
  select function.*, nspname || '.' || proname || '(' || pg_get_function_identity_arguments(function.oid) || ')' as name
  from pg_proc as function
  join pg_namespace on pg_namespace.oid = pronamespace
  where nspname in ('paylog', 'transparency', 'payments')
),
relations as (
  select relation.*, schemas.name || '.' || relname as name
  from pg_class as relation
  join schemas on schemas.oid = relnamespace
),
grants as (
  select 'schema ' || name as what, acl, owner from schemas
  union all
  select name, relacl, relowner from relations where relkind <> 'i'
  union all
  select name || '.' || attname, attacl, relowner
  from pg_attribute
  join relations on relations.oid = attrelid
  where attnum > 0
  union all
  select name, coalesce(proacl, acldefault('f', proowner)), proowner from functions
),
guards as (
  select guard.*, name
  from pg_constraint as guard
  join relations on relations.oid = conrelid
  union all
  select guard.*, nspname || '.' || relname
  from pg_constraint as guard
  join pg_class on pg_class.oid = conrelid
  join pg_namespace on pg_namespace.oid = relnamespace
  where nspname = 'payments' and relname in ('approvals', 'staff_links', 'staff_invitations')
)
select line
from (
  select format(
    'relation %s: kind %s%s%s', name, relkind,
    case relpersistence when 'p' then '' else ', not durable' end,
    case when relrowsecurity then ', row security' else '' end
  ) as line
  from relations
  where relkind <> 'i'
  union all
  select format(
    'column %s.%s: %s%s%s%s', name, attname, format_type(atttypid, atttypmod),
    case when attnotnull then ' not null' else '' end,
    coalesce(' collate ' || (select collname from pg_collation where oid = attcollation and collname <> 'default'), ''),
    coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
  )
  from pg_attribute
  join relations on relations.oid = attrelid
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v')
  union all
  select format('constraint %s on %s: %s%s', conname, name, pg_get_constraintdef(guards.oid), case when convalidated then '' else ', not validated' end)
  from guards
  where contype <> 'n'
  union all
  select format('index %s: %s%s', name, regexp_replace(pg_get_indexdef(indexrelid), ' ON ', ' on '), case when indisvalid then '' else ', not valid' end)
  from pg_index
  join relations on relations.oid = indexrelid
  union all
  select format('trigger %s on %s: %s, enabled %s', tgname, name, pg_get_triggerdef(guard.oid), tgenabled)
  from pg_trigger as guard
  join relations on relations.oid = tgrelid
  where not tgisinternal
  union all
  select format('rule %s on %s: %s', rulename, name, pg_get_ruledef(rule.oid))
  from pg_rewrite as rule
  join relations on relations.oid = ev_class
  union all
  select format('policy %s on %s', polname, name)
  from pg_policy
  join relations on relations.oid = polrelid
  union all
  select format('inherits: %s', name)
  from pg_inherits
  join relations on relations.oid = inhrelid or relations.oid = inhparent
  where relkind <> 'i'
  union all
  select format(
    'function %s: %s, %s%s, body %s', functions.name, lanname, case when prosecdef then 'security definer' else 'security invoker' end,
    coalesce(', set ' || array_to_string(proconfig, ', set '), ''),
    encode(sha256(convert_to(prosrc, 'UTF8')), 'hex')
  )
  from functions
  join pg_language on pg_language.oid = prolang
  union all
  select format('grant %s on %s to %s%s', lower(privilege_type), what, coalesce(rolname, 'public'), case when is_grantable then ' with grant option' else '' end)
  from grants
  cross join aclexplode(acl) as granted
  left join pg_roles on pg_roles.oid = grantee
  where grantee <> owner
  union all
  select format('owner of %s: not that of the schema paylog', owned.name)
  from (
    select 'schema ' || nspname as name, nspowner as owner from pg_namespace where nspname in ('transparency', 'payments')
    union all
    select name, relowner from relations where relkind <> 'i'
    union all
    select name, proowner from functions
  ) as owned
  join log on log.owner <> owned.owner
  union all
  -- By the role pg_write_all_data, or as a member of somebody who may. Whoever is a member of the owner may do all that it may.
  select format('role %s may write to %s', rolname, relations.name)
  from pg_roles
  cross join log
  join relations on relations.name in ('paylog.events', 'paylog.attachments', 'paylog.head')
  where not rolsuper
    and rolname !~ '^pg_'
    and not pg_has_role(pg_roles.oid, log.owner, 'member')
    and has_table_privilege(pg_roles.oid, relations.oid, 'insert, update, delete, truncate')
) as catalog
order by line collate "C"
