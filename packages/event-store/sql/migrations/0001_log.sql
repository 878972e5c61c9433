-- The log. One stream is the history of one thing; all streams together have one order, the position.
-- Rows are made by paylog.append alone (0003_append.sql) and never change.

create table paylog.events (
  position       bigint      not null,                          -- 1, 2, 3 … without gaps, in the order of commit
  recorded_at    timestamptz not null,                          -- whole milliseconds; never decreases with position
  version        integer     not null check (version > 0),      -- 1, 2, 3 … within the stream
  schema_version integer     not null check (schema_version > 0),
  id             uuid        not null,                          -- the writer's name for the event; position identifies it
  stream         text        collate "C" not null,              -- compared byte by byte, whatever the database's language
  type           text        not null,
  data           json        not null,                          -- json keeps the text it was given, jsonb does not
  metadata       json        not null,
  append_key     text        collate "C",                       -- these three stand on the first event of an append only:
  append_digest  bytea,                                         -- its idempotency key, the SHA-256 of its content,
  append_count   integer,                                       -- and how many events it made, at consecutive positions
  constraint events_position primary key (position),
  constraint events_stream_version unique (stream, version),
  constraint events_append check (num_nulls(append_key, append_digest, append_count) in (0, 3)),
  constraint events_append_digest check (length(append_digest) = 32),
  constraint events_append_count check (append_count > 0)
);

create unique index events_append_key on paylog.events (append_key) where append_key is not null;

-- The head row. To lock it is to be the one appender, until commit. It holds nothing: the head's position is that of the
-- last event, so the two can never disagree, and a row that never changes does not bloat under a long-running reader.
create table paylog.head (
  only_row boolean not null default true check (only_row),
  constraint head_only_row primary key (only_row)
);
insert into paylog.head default values;

-- What events rest on, kept apart from them: a provider's delivery as it came. Erasable; its digest stays in the log.
create table paylog.attachments (
  digest    bytea       not null,
  bytes     bytea,
  erased_at timestamptz,
  constraint attachments_digest primary key (digest),
  constraint attachments_sha256 check (sha256(bytes) = digest),
  constraint attachments_erased check ((bytes is null) = (erased_at is not null))
);

-- Append-only for everyone, the owner too. `enable always`: also under session_replication_role = replica.
create function paylog.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% of paylog.% is refused: the log only grows', tg_op, tg_table_name
    using errcode = 'modifying_sql_data_not_permitted';
end
$$;

create trigger refuse_change before update or delete or truncate on paylog.events
  for each statement execute function paylog.refuse_change();
alter table paylog.events enable always trigger refuse_change;

create trigger refuse_change before insert or update or delete or truncate on paylog.head
  for each statement execute function paylog.refuse_change();
alter table paylog.head enable always trigger refuse_change;

create trigger refuse_change before delete or truncate on paylog.attachments
  for each statement execute function paylog.refuse_change();
alter table paylog.attachments enable always trigger refuse_change;

-- The one update there is: bytes go, the digest stays, once.
create trigger refuse_change_except_erasure before update on paylog.attachments
  for each row
  when (new.digest is distinct from old.digest or old.bytes is null or new.bytes is not null)
  execute function paylog.refuse_change();
alter table paylog.attachments enable always trigger refuse_change_except_erasure;

-- Blanks an attachment and leaves a tombstone. False if there is none with bytes. The old row version is on disk until
-- vacuum, and in write-ahead log and backups for as long as those are kept.
create function paylog.erase_attachment(erased bytea) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with gone as (
    update paylog.attachments set bytes = null, erased_at = clock_timestamp()
    where digest = erased and bytes is not null
    returning 1
  )
  select exists (select from gone)
$$;

-- Roles are per cluster, so another database, or another process at this very moment, may have made them.
create function paylog.make_role(name name) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_roles where rolname = name) then
    execute format('create role %I nologin', name);
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
    raise notice 'Only a role with CREATEROLE can do this: create role % nologin;', name;
end
$$;

-- For this migration and later ones: a grant that waits, as a notice, for a role that could not be made.
create function paylog.grant_to(name name, privileges text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('grant %s to %I', privileges, name);
exception
  when undefined_object then
    raise notice 'Once the role exists: grant % to %;', privileges, name;
end
$$;

revoke all on all functions in schema paylog from public;

select paylog.make_role('paylog_read'), paylog.make_role('paylog_append');

-- paylog_read: all that was recorded, in the log and beside it. paylog_append: this, and the append function.
select
  paylog.grant_to(reader, 'usage on schema paylog'),
  paylog.grant_to(reader, 'select on paylog.events, paylog.attachments, paylog.migrations')
from unnest(array['paylog_read', 'paylog_append']::name[]) as reader;
