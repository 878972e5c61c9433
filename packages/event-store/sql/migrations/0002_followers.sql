-- Followers: where each has come to, who leads it, and which streams it has set aside. Work: what is to be done, and who is doing it.

-- Every claim of a lease takes a number that was never given before. Who acts under an older number is refused, even when
-- the row was deleted and made again in between.
create sequence paylog.fencing_tokens as bigint;

create table paylog.bookmarks (
  follower    text        primary key,
  position    bigint      not null default 0 check (position >= 0),       -- all events up to here are applied, or their stream is parked
  holder      text,                                                       -- a random id of the runner that leads; null when it gave the lease up
  token       bigint      not null default 0,                             -- of the lease; checked in the transaction that moves the position
  lease_until timestamptz not null default '-infinity',                   -- by the server's clock, the one clock that all processes share
  updated_at  timestamptz not null default clock_timestamp()
);

create table paylog.parked (
  follower  text        not null references paylog.bookmarks on delete cascade,
  stream    text        not null,
  position  bigint      not null,                                         -- of the event that failed
  version   integer     not null check (version > 0),                     -- the stream's first event that is not applied
  reason    text        not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (follower, stream)
);

create table paylog.work (
  queue       text        not null,
  key         text        not null,
  due_at      timestamptz not null,
  attempts    integer     not null default 0 check (attempts >= 0),       -- claims since the item was added or renewed
  token       bigint      not null default 0,                             -- of the last claim
  lease_until timestamptz not null default '-infinity',                   -- whose claim holds until then
  renewed     boolean     not null default false,                         -- added again since that claim, which therefore cannot complete it
  last_reason text,
  primary key (queue, key)
);

create index work_queue_due_at on paylog.work (queue, due_at);

select paylog.make_role('paylog_project');

-- paylog_project: runs followers and workers. It reads the log, and keeps bookmarks, parked streams and work.
select
  paylog.grant_to('paylog_project', 'usage on schema paylog'),
  paylog.grant_to('paylog_project', 'select on paylog.events, paylog.migrations'),
  paylog.grant_to('paylog_project', 'select, insert, update on paylog.bookmarks'),
  paylog.grant_to('paylog_project', 'select, insert, update, delete on paylog.parked, paylog.work'),
  paylog.grant_to('paylog_project', 'usage on sequence paylog.fencing_tokens'),
  paylog.grant_to('paylog_read', 'select on paylog.bookmarks, paylog.parked, paylog.work');
