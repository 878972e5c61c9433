select origin, size, root, note, signed_at as "signedAt"
from transparency.checkpoints
where origin = coalesce($1, origin)
order by signed_at desc, size desc
limit 1
