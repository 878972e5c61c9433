-- Largest first, those after the row of size $2 and note $3.
select origin, size, root, note, signed_at as "signedAt"
from transparency.checkpoints
where origin = $1 and (size, note) < ($2, $3)
order by size desc, note desc
limit $4
