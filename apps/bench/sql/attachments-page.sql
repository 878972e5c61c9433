select digest, bytes
from paylog.attachments
where digest > $1
order by digest
limit $2
