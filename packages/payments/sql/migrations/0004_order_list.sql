-- How far the sweep has read a provider's list of orders. An index there is a place from 0, in the order of creation.
create table payments.sweeps (
  provider             text        primary key,
  revision             integer     not null,   -- counts the saves: one on an older revision is refused
  baseline             integer     not null,   -- how many orders there were when the list was first seen
  list_offset          integer     not null,   -- the index of the oldest order not yet final
  passed               integer     not null,   -- how many from the baseline to the offset are ours
  reading_began_at     timestamptz,            -- the reading that is under way, all four or none
  reading_until        integer,
  reading_next         integer,
  reading_rereads      boolean,
  completed_began_at   timestamptz,            -- the last that came to its end, all three or none
  completed_count      integer,
  completed_difference integer,
  reread_at            timestamptz             -- when the closed orders were last read again
);

-- Orders of the list, ours and others', and where they stand. Written by the follower "work", which knows what we opened, and
-- by the sweep, which knows the places; nothing is decided by it that the provider's list would not say again.
create table payments.listed_orders (
  provider    text        not null,
  order_id    text        not null,
  external_id text        not null,
  list_index  integer,
  created_at  timestamptz,                     -- by the provider's clock
  ours        boolean     not null,
  ended       boolean     not null,            -- paid, expired or cancelled, and the log has it
  opened_at   timestamptz,                     -- when the log learned that it is open
  constraint listed_orders_pkey primary key (provider, order_id)
);

create index listed_orders_list_index on payments.listed_orders (provider, list_index);
create index listed_orders_created_at on payments.listed_orders (provider, created_at);
create index listed_orders_missing on payments.listed_orders (provider, opened_at) where list_index is null;

select
  paylog.grant_to('paylog_project', 'select, insert, update, delete on payments.sweeps, payments.listed_orders'),
  paylog.grant_to('paylog_read', 'select on payments.sweeps, payments.listed_orders');
