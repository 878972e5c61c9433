select
  draft_id as "draftId",
  act::text as act
from bot.staff_drafts
where draft_id = $1
  and staff_id = $2
  and used_by is null
