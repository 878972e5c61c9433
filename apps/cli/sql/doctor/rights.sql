-- What must be so of roles, grants and triggers; a row for each that is not.
select *
from (
  select 'The role ' || name || ' is missing' as what, 'create role ' || name || ' nologin; then run packages/event-store/sql/roles.sql as the owner' as fix
  from unnest(array['paylog_read', 'paylog_append', 'paylog_project', 'paylog_audit']) as name
  where to_regrole(name) is null
  union all
  select
    rolname || ' may ' || privilege || ' ' || format('%I.%I', nspname, relname),
    format('revoke %s on %I.%I from %I', privilege, nspname, relname, rolname)
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  cross join pg_roles
  cross join unnest(array['insert', 'update', 'delete', 'truncate']) as privilege
  where nspname = 'paylog'
    and relname in ('events', 'attachments', 'head')
    and rolname in ('paylog_read', 'paylog_append', 'paylog_project', 'paylog_audit')
    and has_table_privilege(pg_roles.oid, pg_class.oid, privilege)
  union all
  select
    'Everybody may ' || lower(privilege_type) || ' ' || format('%I.%I', nspname, relname),
    format('revoke all on %I.%I from public', nspname, relname)
  from pg_class
  join pg_namespace on pg_namespace.oid = relnamespace
  cross join lateral aclexplode(relacl) as granted
  where nspname in ('paylog', 'payments', 'bot', 'transparency')
    and grantee = 0
  union all
  select
    'The trigger ' || wanted.name || ' of ' || wanted.of || ' is not always on: rows of the log could be changed',
    'Find out who switched it off; then: alter table ' || wanted.of || ' enable always trigger ' || wanted.name || '; and paylog verify'
  from (
    values
      ('paylog.events', 'refuse_change'),
      ('paylog.head', 'refuse_change'),
      ('paylog.attachments', 'refuse_change'),
      ('paylog.attachments', 'refuse_change_except_erasure')
  ) as wanted (of, name)
  where not exists (
    select
    from pg_trigger
    where tgrelid = to_regclass(wanted.of)
      and tgname = wanted.name
      and tgenabled = 'A'
  )
) as wrong
order by what
