-- Events whose entries are not zero, up to a position; at most some.
select position, currency, sum(amount) as sum
from payments.ledger_entries
where position <= $1
group by position, currency
having sum(amount) <> 0
order by position, currency
limit $2
