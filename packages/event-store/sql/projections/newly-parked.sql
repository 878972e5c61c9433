-- What the rebuild has set aside and the live rows have not, or have set aside later: the switch would take events away.
select
  rebuild.stream,
  rebuild.position,
  rebuild.reason,
  rebuild.parked_at as "parkedAt"
from paylog.rebuild_parked as rebuild
where rebuild.follower = $1
  and not exists (
    select from paylog.parked as live
    where live.follower = rebuild.follower
      and live.stream = rebuild.stream
      and live.version <= rebuild.version
  )
order by rebuild.position
