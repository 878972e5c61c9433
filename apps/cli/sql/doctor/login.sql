select
  rolsuper as "isSuperuser",
  pg_has_role(oid, (select nspowner from pg_namespace where nspname = 'paylog'), 'usage') as "isOwner"
from pg_roles
where rolname = current_user
