create schema bot;

-- What Telegram told the bot, stored before it is confirmed. Personal data: a row goes a week after it was handled.
create table bot.updates (
  bot_id      bigint      not null,
  update_id   bigint      not null,
  chat_id     bigint      not null,                                 -- the updates of one chat are handled one after the other
  body        json        not null,
  invoice_id  text        not null,                                 -- random: the invoice that handling this update issues, if it issues one
  received_at timestamptz not null default clock_timestamp(),
  due_at      timestamptz not null default clock_timestamp(),       -- while it is being handled: when the handler counts as dead
  attempts    integer     not null default 0 check (attempts >= 0), -- also the token of a handler: one that was overtaken commits nothing
  last_error  text,
  handled_at  timestamptz,
  parked_at   timestamptz,                                          -- failed too often: waits for a person, and later updates go on
  primary key (bot_id, update_id)
);

create index updates_waiting on bot.updates (bot_id, chat_id, update_id) where handled_at is null and parked_at is null;
create index updates_handled_at on bot.updates (handled_at) where handled_at is not null;

select
  paylog.grant_to('paylog_project', 'usage on schema bot'),
  paylog.grant_to('paylog_project', 'select, insert, update, delete on all tables in schema bot');
