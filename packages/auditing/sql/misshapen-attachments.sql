-- Attachments whose bytes are not what they are named by, whoever names them; or both kept and erased, or neither.
select encode(digest, 'hex') as digest
from paylog.attachments
where sha256(bytes) <> digest or (bytes is null) <> (erased_at is not null)
order by digest
limit 1000
