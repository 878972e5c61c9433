select bytes
from paylog.attachments
where digest = $1
