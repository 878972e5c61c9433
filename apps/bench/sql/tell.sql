select pg_notify('bench', $1)
