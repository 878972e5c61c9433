insert into payments.provider_keys (key_id, nonce, tag)
values ($1, $2, $3)
