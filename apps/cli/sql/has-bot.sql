-- A database without a bot has no inbox.
select to_regclass('bot.updates') is not null as "hasBot"
