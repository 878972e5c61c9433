-- Who sends the refund that the alarm is about, as it was last shown.
alter table bot.told_alarms add taken_by text;
