-- What the next written message of this person is about: nothing, once a quarter of an hour has passed; but
-- what somebody has sent is sent, however long they take to say how. A repetition of the update
-- that ended one finds that.
select
  draft_id as "draftId",
  act::text as act
from bot.staff_drafts
where staff_id = $1
  and (used_by = $2 or used_by is null and (
    created_at > clock_timestamp() - interval '15 minutes'
    or act ->> '_tag' in ('Sent', 'Delivered')
  ))
order by used_by nulls last
limit 1
