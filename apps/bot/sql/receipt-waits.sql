-- Whether something of the invoice's ($1: its stream) has just happened that the follower of customers' messages has not come to yet:
-- its receipt, say. After ten seconds nobody waits for that any more.
select exists (
  select from paylog.events
  where stream = $1
    and recorded_at > clock_timestamp() - interval '10 seconds'
    and position > (select position from paylog.bookmarks where follower = 'deliveries')
) as waits
