select
  key_id as "keyId",
  nonce,
  tag
from payments.provider_keys
order by first_seen, key_id
