-- Whose invoices may be missing in the read model.
select stream
from paylog.parked
where follower = $1
order by position
limit 10
