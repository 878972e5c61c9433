-- The entries (`paylog-event/1`, as packages/transparency has it) of the next events, their column sums (as `ColumnSums.ts` has
-- them), and the last one's position. Made here, not in the program: the events need not travel, and the program's one thread is what appends wait for. A text is sent, and so
-- hashed, in the client's encoding, which is UTF-8 with `pg`.
with page as (
  select
    *,
    -- Exact: what is no whole millisecond, and so was not made by paylog.append, is a number that no time of ours has.
    case
      when not isfinite(recorded_at) then -9223372036854775807
      when date_trunc('milliseconds', recorded_at) = recorded_at then (extract(epoch from recorded_at) * 1000)::bigint
      else -(extract(epoch from recorded_at) * 1000000)::bigint
    end as recorded_at_ms
  from paylog.events
  where position > $1
  order by position
  limit $2
),
digested as (
  select *, sha256(textsend(data::text)) as data_digest, sha256(textsend(metadata::text)) as metadata_digest
  from page
),
hashed as (
  select
    position,
    sha256(
      '\x0000000e7061796c6f672d6576656e742f31'::bytea
      || int4send(octet_length(position::text)) || textsend(position::text)
      || int4send(octet_length(recorded_at_ms::text)) || textsend(recorded_at_ms::text)
      || int4send(octet_length(version::text)) || textsend(version::text)
      || int4send(octet_length(schema_version::text)) || textsend(schema_version::text)
      || int4send(octet_length(id::text)) || textsend(id::text)
      || int4send(octet_length(stream)) || textsend(stream)
      || int4send(octet_length(type)) || textsend(type)
      || '\x00000020'::bytea || data_digest
      || '\x00000020'::bytea || metadata_digest
      || coalesce(int4send(octet_length(append_key)) || textsend(append_key), '\xffffffff')
      || coalesce(int4send(octet_length(append_digest)) || append_digest, '\xffffffff')
      || coalesce(int4send(octet_length(append_count::text)) || textsend(append_count::text), '\xffffffff')
    ) as entry,
    substr(int8send(recorded_at_ms # (recorded_at_ms >> 32)), 5, 4)
    || int4send(version)
    || int4send(schema_version)
    || substr(sha256(textsend(id::text)), 1, 4)
    || substr(sha256(textsend(stream)), 1, 4)
    || substr(sha256(textsend(type)), 1, 4)
    || substr(data_digest, 1, 4)
    || substr(metadata_digest, 1, 4)
    || coalesce(substr(sha256(textsend(append_key)), 1, 4), '\xffffffff')
    || coalesce(substr(sha256(append_digest), 1, 4), '\xffffffff')
    || coalesce(int4send(append_count), '\xffffffff') as sums
  from digested
)
select
  max(position) as last,
  encode(string_agg(entry, ''::bytea order by position), 'hex') as entries,
  encode(string_agg(sums, ''::bytea order by position), 'hex') as sums
from hashed
