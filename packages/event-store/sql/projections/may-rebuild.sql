-- One row a table: whether it is there, and whether this role may replace it.
select
  name as "table",
  live is not null as found,
  coalesce(
    pg_has_role(relowner, 'usage')
      and has_schema_privilege(relnamespace, 'create')
      and has_function_privilege('paylog.put_in_place(regclass, regclass)', 'execute')
      and has_table_privilege('paylog.rebuilds', 'insert'),
    false
  ) as allowed,
  current_user::text as role
from unnest($1::text[]) with ordinality as given (name, place)
cross join lateral to_regclass(name) as live
left join pg_class on pg_class.oid = live
order by place
