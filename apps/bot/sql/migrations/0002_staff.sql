-- What a member of the staff is about to do, until it is done, dropped or overtaken by the next: a button names it in a few bytes. A
-- row goes after a day.
create table bot.staff_drafts (
  draft_id   text        primary key,                             -- random
  staff_id   text        not null,
  act        json        not null,
  created_at timestamptz not null default clock_timestamp(),
  used_by    text                                                 -- the update that ended it: its repetition finds it again, and no other
);

create index staff_drafts_staff_id on bot.staff_drafts (staff_id, created_at desc);

-- Which alarms the owners were told, so that each is told once.
create table bot.told_alarms (
  alarm   text        primary key,
  told_at timestamptz not null default clock_timestamp()
);

select paylog.grant_to('paylog_project', 'select, insert, update, delete on bot.staff_drafts, bot.told_alarms');
