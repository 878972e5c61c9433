-- Read model: the ledger, double entry over all money. Written by the follower "ledger" and by nothing else. An event's entries
-- sum to zero in each currency: the statement that writes them says when they do not, and the follower then refuses them.
create table payments.ledger_entries (
  position bigint  not null,                                              -- of the event
  line     integer not null check (line > 0),
  stream   text    not null,
  what     text    not null,                                              -- the event's type
  account  text    not null,
  currency text    not null,
  amount   numeric not null check (amount <> 0),                          -- in the currency's unit, exact: debit positive, credit negative
  constraint ledger_entries_position_line primary key (position, line)
);

-- Payments that a person must look at: 1 when the event raised the alarm, -1 when it ended it.
create table payments.ledger_alarms (
  position bigint   not null,
  line     integer  not null check (line > 0),
  stream   text     not null,
  alarm    text     not null,
  provider text     not null,
  order_id text     not null,
  change   smallint not null check (change in (1, -1)),
  constraint ledger_alarms_position_line primary key (position, line)
);

-- Which alarms were told, so that each is told once, whoever sees it first and however often the ledger is rebuilt.
create table payments.told_alarms (
  stream   text        not null,
  alarm    text        not null,
  provider text        not null,
  order_id text        not null,
  told_at  timestamptz not null default clock_timestamp(),
  constraint told_alarms_stream_alarm_provider_order_id primary key (stream, alarm, provider, order_id)
);

select
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.ledger_entries, payments.ledger_alarms, payments.told_alarms'),
  paylog.grant_to('paylog_read', 'select on payments.ledger_entries, payments.ledger_alarms');
