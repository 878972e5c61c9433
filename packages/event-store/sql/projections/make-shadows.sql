select paylog.make_shadow(live::regclass, split_part(shadow, '.', 2))
from unnest($1::text[], $2::text[]) as pairs (live, shadow)
