-- The auditor's role: sees everything in this schema, whatever later migrations add, and of other schemas what paylog_read may
-- see, which is nobody's identity. It writes nothing. Triggers, grants and function bodies stand in pg_catalog, open to all.
-- (sql/roles.sql has the roles of all migrations, and paylog_owner.)

select
  paylog.make_role('paylog_audit'),
  paylog.grant_to('paylog_audit', 'usage on schema paylog'),
  paylog.grant_to('paylog_audit', 'select on all tables in schema paylog'),
  paylog.grant_to('paylog_audit', 'select on all sequences in schema paylog');

do $$
begin
  alter default privileges in schema paylog grant select on tables to paylog_audit;
  alter default privileges in schema paylog grant select on sequences to paylog_audit;
exception
  when undefined_object then
    raise notice 'Once the role exists: alter default privileges in schema paylog grant select on tables to paylog_audit; alter default privileges in schema paylog grant select on sequences to paylog_audit;';
end
$$;

-- A membership belongs to the whole cluster, like a role: another database may have given it, or be giving it right now.
do $$
begin
  if not exists (
    select from pg_auth_members
    where roleid = to_regrole('paylog_read') and member = to_regrole('paylog_audit')
  ) then
    grant paylog_read to paylog_audit;
  end if;
exception
  when unique_violation then null;
  when undefined_object or insufficient_privilege then
    raise notice 'Only a role with CREATEROLE can do this: grant paylog_read to paylog_audit;';
end
$$;
