-- One thing at a time: what a person was about to do before is dropped. The same draft again changes nothing.
with forgotten as (
  delete from bot.staff_drafts
  where created_at < clock_timestamp() - interval '1 day'
    and not (used_by is null and act ->> '_tag' in ('Sent', 'Delivered'))
), dropped as (
  update bot.staff_drafts
  set used_by = 'overtaken'
  where staff_id = $2
    and draft_id <> $1
    and used_by is null
)
insert into bot.staff_drafts (draft_id, staff_id, act)
values ($1, $2, $3)
on conflict (draft_id) do nothing
