update bot.staff_drafts
set used_by = $3
where draft_id = $1
  and staff_id = $2
  and (used_by is null or used_by = $3)
returning
  draft_id as "draftId",
  act::text as act
