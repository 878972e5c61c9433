-- Until when Telegram takes no answers to presses: it says so when they come too fast, and all processes of the bot keep to it.
create table bot.answer_pauses (
  bot_id bigint      primary key,
  until  timestamptz not null
);

select paylog.grant_to('paylog_project', 'select, insert, update on bot.answer_pauses');
