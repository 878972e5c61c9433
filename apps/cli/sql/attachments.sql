-- Which of these deliveries are kept, and which were erased. The others are not there at all.
select
  encode(digest, 'hex') as digest,
  erased_at as "erasedAt"
from paylog.attachments
where digest = any($1::bytea[])
