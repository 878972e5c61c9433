-- The item was renewed while it was claimed: the claim ends, and the item is there to be claimed again.
update paylog.work
set lease_until = '-infinity'
where queue = $1
  and key = $2
  and token = $3
  and renewed
