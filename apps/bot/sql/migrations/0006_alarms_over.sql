-- What the alarm is about, as its messages have it, and since when it is over.
alter table bot.told_alarms
  add about   text,
  add over_at timestamptz;

create index told_alarms_about on bot.told_alarms (about);
