-- The tree over the log's events (RFC 6962), kept as C2SP tlog-tiles, and the checkpoints that were signed of it. All of it
-- can be made anew from the events, but for the signatures.
create schema transparency;

-- A tile holds up to 256 hashes of 32 bytes, one after the other; level 0 is the leaves. It only grows.
create table transparency.tiles (
  level  smallint not null check (level >= 0),
  index  bigint   not null check (index >= 0),
  hashes bytea    not null,
  constraint tiles_level_index primary key (level, index),
  constraint tiles_hashes check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0)
);

-- A bundle holds the entries (32 bytes each, "paylog-event/1") of the leaves of one level-0 tile.
create table transparency.entries (
  bundle bigint not null check (bundle >= 0),
  hashes bytea  not null,
  constraint entries_bundle primary key (bundle),
  constraint entries_hashes check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0)
);

-- A C2SP signed note each. Size 0 is the empty tree.
create table transparency.checkpoints (
  origin    text        not null,
  size      bigint      not null check (size >= 0),
  root      bytea       not null check (length(root) = 32),
  note      text        not null,
  signed_at timestamptz not null,
  constraint checkpoints_origin_size primary key (origin, size)
);

select
  paylog.grant_to('paylog_project', 'usage on schema transparency'),
  paylog.grant_to('paylog_project', 'select, insert, update on transparency.tiles, transparency.entries'),
  paylog.grant_to('paylog_project', 'select, insert on transparency.checkpoints');

select
  paylog.grant_to(reader, 'usage on schema transparency'),
  paylog.grant_to(reader, 'select on all tables in schema transparency')
from unnest(array['paylog_read', 'paylog_audit']::name[]) as reader;
