delete from paylog.work
where queue = $1
  and key = $2
  and token = $3
  and not renewed
returning key
