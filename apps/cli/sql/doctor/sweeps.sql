select
  provider,
  (extract(epoch from clock_timestamp() - completed_began_at) * 1000)::double precision as "ageMs",
  completed_difference as difference
from payments.sweeps
order by provider
