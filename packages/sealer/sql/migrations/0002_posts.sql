-- Hashes do not compress.
alter table transparency.tiles alter column hashes set storage external;
alter table transparency.entries alter column hashes set storage external;

-- What was last said to a Telegram channel, so that of several processes one says it.
create table transparency.posts (
  channel   text        not null,
  origin    text        not null,
  size      bigint      not null,
  posted_at timestamptz not null,
  constraint posts_channel primary key (channel)
);

select
  paylog.grant_to('paylog_project', 'select, insert, update on transparency.posts'),
  paylog.grant_to('paylog_read', 'select on transparency.posts'),
  paylog.grant_to('paylog_audit', 'select on transparency.posts');
