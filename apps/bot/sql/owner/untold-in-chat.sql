-- What the owners' chat ($1) was to be told and Telegram did not take, for each of these owners ($2) who was not told instead.
select
  missed.delivery_id as "deliveryId",
  missed.body,
  missed.about,
  owner.customer_id as "customerId"
from payments.deliveries as missed
cross join unnest($2::text[]) as owner (customer_id)
where missed.customer_id = $1
  and missed.shown = 0
  and missed.delivery_id like 'alarm/%'
  and (
    missed.parked_reason is not null
    or exists (select from payments.recipients where customer_id = $1 and blocked_at is not null)
  )
  and not exists (
    select from payments.deliveries as instead
    where instead.delivery_id = missed.delivery_id || '/' || owner.customer_id
  )
order by missed.due_at, missed.delivery_id
