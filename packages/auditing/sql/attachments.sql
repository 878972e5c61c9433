-- Of these digests, what is kept: the bytes, or a tombstone.
select
  encode(digest, 'hex') as digest,
  bytes,
  erased_at is not null as erased
from paylog.attachments
where digest = any($1::bytea[])
