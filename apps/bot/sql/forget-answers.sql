-- Answers to what was handled a week ago, as the updates that they answer. Not what waits or was set aside, and nothing of an invoice's.
delete from payments.deliveries
where delivery_id like 'update/%'
  and sent_at < clock_timestamp() - interval '7 days'
  and shown >= revision
  and parked_reason is null
