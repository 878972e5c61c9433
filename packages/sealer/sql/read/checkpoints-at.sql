select origin, size, root, note, signed_at as "signedAt"
from transparency.checkpoints
where origin = $1 and size = $2
order by note
