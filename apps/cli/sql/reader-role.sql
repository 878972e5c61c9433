-- Of the reading roles, the first that the login may change into, until the transaction ends; none when it may into none.
-- Since Postgres 16 a membership may be one that gives no right to change into the role.
select set_config('role', rolname, true)
from (
  select rolname
  from pg_roles
  where rolname in ('paylog_audit', 'paylog_read')
    and case
      when current_setting('server_version_num')::integer < 160000 then pg_has_role(session_user, oid, 'member')
      else pg_has_role(session_user, oid, 'set')
    end
  order by rolname
  limit 1
) as reader
