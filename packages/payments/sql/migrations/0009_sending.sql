-- Who is to be written to, and from when on. One row a customer that ever had a message; no identity.
create table payments.recipients (
  customer_id   text        primary key,
  priority      smallint    not null default 9,             -- of the most urgent message that waits; see deliveries
  due_at        timestamptz not null default 'infinity',    -- when the next message may be sent; infinity: none waits, or the bot is blocked
  open_at       timestamptz not null default '-infinity',   -- Telegram takes nothing for this chat before: its rate, or what it told us to wait
  claimed_until timestamptz not null default '-infinity',   -- a process is sending to them
  token         bigint      not null default 0,             -- of the last claim
  renewed       boolean     not null default false,         -- something became due since that claim
  failures      integer     not null default 0,             -- in a row
  refused_at    timestamptz,                                -- when Telegram last said that we are too fast
  blocked_at    timestamptz                                 -- they have blocked the bot: their messages wait for their next word
);

create index recipients_priority on payments.recipients (priority, due_at) where due_at < 'infinity';
create index recipients_due_at on payments.recipients (due_at) where due_at < 'infinity';
create index recipients_refused_at on payments.recipients (refused_at) where refused_at is not null;

-- The pace of all processes together: one row. Each message moves it on by the time that its rate gives to one.
create table payments.sending (
  one     boolean     primary key default true check (one),
  next_at timestamptz not null default '-infinity'
);

insert into payments.sending default values;

-- Priorities: 0 an answer to what somebody just did, 1 a receipt (money was seen or went back), 2 an invoice's status, 3 a broadcast.
alter table payments.deliveries
  add priority smallint not null default 2 check (priority between 0 and 3),
  add sends    smallint not null default 0,                 -- new messages begun for it whose outcome nobody knows
  drop column not_before;

update payments.deliveries set priority = 0 where body is not null;

insert into payments.recipients (customer_id, priority, due_at)
select customer_id, min(priority), clock_timestamp()
from payments.deliveries
where revision > shown and parked_reason is null
group by customer_id;

delete from paylog.work where queue = 'deliveries';

select
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.recipients'),
  paylog.grant_to('paylog_project', 'select, update on payments.sending');
