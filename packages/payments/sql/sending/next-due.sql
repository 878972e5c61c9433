-- How long until somebody may be written to, by their own time and by the pace of all; not positive: now. The first of each priority
-- (9: it became nothing meanwhile) is one look into an index. $1 messages a second, $2 how many may come at once, $3 how many of these
-- are kept for answers and receipts.
with first as (
  select of.priority, next.due_at
  from unnest('{0,1,2,3,9}'::smallint[]) as of (priority)
  cross join lateral (
    select due_at
    from payments.recipients
    where recipients.priority = of.priority
      and due_at < 'infinity'
    order by due_at
    limit 1
  ) as next
)
select min(extract(epoch from
  greatest(
    due_at,
    next_at - ($2::float8 - 1 - case when priority < 2 then 0 else $3::integer end) / $1::float8 * interval '1 second'
  ) - clock_timestamp()
))::float8 * 1000 as "inMs"
from first
cross join payments.sending
having count(*) > 0
