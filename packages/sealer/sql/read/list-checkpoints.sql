-- At least $3, when there are so many: those of one size are not parted.
select origin, size, root, note, signed_at as "signedAt"
from transparency.checkpoints
where origin = $1 and size > $2
order by size
fetch first $3 rows with ties
