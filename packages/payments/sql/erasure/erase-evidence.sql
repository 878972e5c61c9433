select payments.erase_evidence($1) as erased
