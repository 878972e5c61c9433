with due as (
  select queue, key
  from paylog.work
  where queue = $1
    and due_at <= statement_timestamp()
    and lease_until <= statement_timestamp()
  order by due_at
  limit $2
  for update skip locked
), claimed as (
  update paylog.work as item
  set token = nextval('paylog.fencing_tokens'),
      attempts = item.attempts + 1,
      lease_until = clock_timestamp() + $3 * interval '1 millisecond',
      renewed = false
  from due
  where item.queue = due.queue
    and item.key = due.key
  returning item.key, item.attempts - 1 as attempts, item.token, item.due_at
)
select key, attempts, token
from claimed
order by due_at, key
