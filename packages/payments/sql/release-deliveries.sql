-- Messages that were set aside are due again, in their place in their chat. One that may have arrived says so when it comes. $1: this
-- one alone.
update payments.deliveries
set parked_reason = null
where parked_reason is not null
  and revision > shown
  and ($1::text is null or delivery_id = $1)
returning customer_id as "customerId", priority
