-- The columns of an event, and nothing that is checked but the keys: what a table alone costs.
create table if not exists public.inserted (
  position       bigint      generated always as identity primary key,
  recorded_at    timestamptz not null default clock_timestamp(),
  version        integer     not null,
  schema_version integer     not null,
  id             uuid        not null,
  stream         text        collate "C" not null,
  type           text        not null,
  data           json        not null,
  metadata       json        not null,
  constraint inserted_stream_version unique (stream, version)
)
