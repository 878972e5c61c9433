select rolname as name
from pg_roles
