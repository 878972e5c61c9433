-- All group roles, for a server whose migrations may not make them, and the role that owns what they make. Once per cluster, by
-- a role with CREATEROLE; again does no harm. None of them can log in: grant them to your logins (docs/operations.md).
do $$
declare
  name text;
begin
  foreach name in array array[
    'paylog_owner', 'paylog_append', 'paylog_project', 'paylog_read', 'paylog_audit'
  ] loop
    if to_regrole(name) is null then
      begin
        execute format('create role %I nologin', name);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
  end loop;
end
$$;

do $$
begin
  if not pg_has_role('paylog_audit', 'paylog_read', 'member') then
    grant paylog_read to paylog_audit;
  end if;
exception
  when unique_violation then null;
end
$$;
