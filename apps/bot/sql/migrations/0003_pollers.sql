-- Which process asks Telegram for a bot's updates: one at a time.
create table bot.pollers (
  bot_id     bigint      primary key,
  token      bigint      not null,       -- of the lease: whoever was overtaken keeps nothing
  held_until timestamptz not null        -- by the server's clock
);

select paylog.grant_to('paylog_project', 'select, insert, update on bot.pollers');
