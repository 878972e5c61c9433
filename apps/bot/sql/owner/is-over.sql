-- Whether what an alarm told of is over: nobody is told of it any more.
select not exists (select from bot.told_alarms where about = $1 and over_at is null) as over
