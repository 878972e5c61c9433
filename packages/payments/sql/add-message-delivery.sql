-- What is to take the place of the same message (`edit` in its body) and was not sent yet gives way to this, which comes in its turn.
-- One that somebody is settling right now, or that was begun as a new message, goes its own way: nobody waits for it here.
with same as (
  select delivery_id, due_at
  from payments.deliveries
  where customer_id = $2
    and body ->> 'edit' = $3::json ->> 'edit'
    and message_id is null
    and sends = 0
    and revision > shown
    and parked_reason is null
    and delivery_id <> $1
  for update skip locked
), added as (
  insert into payments.deliveries (delivery_id, customer_id, body, priority, revision, about, due_at)
  select $1, $2, $3::json, $4, 1, $5, coalesce((select min(due_at) from same), clock_timestamp())
  on conflict (delivery_id) do nothing
  returning delivery_id
)
update payments.deliveries
set shown = revision,
    sent_at = clock_timestamp()
where delivery_id in (select delivery_id from same)
  and exists (select from added)
