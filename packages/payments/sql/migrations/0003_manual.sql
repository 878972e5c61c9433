-- Who a member of the staff is. The log knows the random id only; a row can be deleted and every proof stays intact.
create table payments.staff (
  staff_id text        primary key,
  name     text        not null,
  login    text,                                 -- the database login that is this person's alone; null: any may act as them
  added_at timestamptz not null default now(),
  left_at  timestamptz,                          -- since then they may do nothing more
  constraint staff_login unique (login),
  constraint staff_staff_id check (staff_id ~ '^stf_[0-9a-z]{20}$')  -- one spelling each
);

-- Read model: what needs a person, one row each, written by the follower "open-items" and by nothing else.
create table payments.open_items (
  stream     text        not null,
  item       text        not null,      -- names it within its stream
  kind       text        not null,
  payment    integer,
  reason     text        not null,
  currency   text,
  amount     numeric,                   -- with the currency's digits
  unread     text,                      -- the amount as it was stated, when it is no number of a known currency
  since      timestamptz not null,      -- when the log recorded what opened it
  expires_at timestamptz,               -- a proposal is open until then
  primary key (stream, item)
);

create index open_items_since on payments.open_items (since);

-- Read model: every refund and proposal, who asked for it and who else carried it out, written by the follower "approvals"
-- and by nothing else. The log decides; should an event ever stand there that nobody could have decided, this follower parks
-- the stream, which is an alarm.
create table payments.approvals (
  id          text not null,
  stream      text not null,
  kind        text not null,
  asked_by    text not null,
  approved_by text,
  primary key (id, stream),
  constraint approvals_two_people check (approved_by <> asked_by)
);

-- Who somebody is, is for the processes alone; the read models name nobody.
select
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.staff'),
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.open_items'),
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.approvals'),
  paylog.grant_to('paylog_read', 'select on payments.open_items'),
  paylog.grant_to('paylog_read', 'select on payments.approvals');
