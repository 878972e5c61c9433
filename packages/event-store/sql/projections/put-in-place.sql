select paylog.put_in_place(live::regclass, shadow::regclass)
from unnest($1::text[], $2::text[]) as pairs (live, shadow)
