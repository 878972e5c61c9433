insert into public.applied (event)
select event
from unnest($1::text[]) as event
