-- Nothing of it is to be sent any more, and it is not set aside: it is in front of a person. How many copies are in doubt stays known.
update payments.deliveries
set shown = revision,
    parked_reason = null
where delivery_id = $1
  and parked_reason is not null
