-- The events at positions $1 … $2 of a log of paid invoices: the rows that paylog.append would have written, had each event
-- been an append of its own. Written in bulk, since it is the rows that are measured later and not their making.
--
-- An invoice is cardinality($4) events. $3 of them are under way at a time and take turns, so a reader's page cuts through
-- histories as it does in life. $4, $5, $6: type, data and metadata of each event, with the invoice's id as
-- inv_00000000000000000000, and the digest of its delivery as 64 zeros; $7: the delivery, with the same id.
with event as (
  select
    position,
    version,
    'invoice-' || invoice as stream,
    ($4::text[])[version] as type,
    replace(($5::text[])[version], 'inv_00000000000000000000', invoice) as data,
    ($6::text[])[version] as metadata,
    overlay(
      $7::bytea placing convert_to(invoice, 'utf8') from position(convert_to('inv_00000000000000000000', 'utf8') in $7::bytea)
    ) as delivery
  from generate_series($1::bigint, $2::bigint) as position
  cross join lateral (
    select
      ((position - 1) % ($3::integer * cardinality($4::text[])) / $3 + 1)::integer as version,
      -- Ids are random in life; these look it, and are the same in every run.
      'inv_' || left(encode(sha256(convert_to(
        ((position - 1) / ($3 * cardinality($4::text[])) * $3 + (position - 1) % $3)::text, 'utf8')), 'hex'), 20) as invoice
  ) as named
),
kept as (
  insert into paylog.attachments (digest, bytes)
  select sha256(delivery), delivery
  from event
  where strpos(metadata, repeat('0', 64)) > 0
  on conflict (digest) do nothing
)
insert into paylog.events (
  position,
  recorded_at,
  version,
  schema_version,
  id,
  stream,
  type,
  data,
  metadata,
  append_key,
  append_digest,
  append_count
)
select
  position,
  timestamptz '2026-01-01 00:00:00Z' + position * interval '1 millisecond',
  version,
  1,
  gen_random_uuid(),
  stream,
  type,
  data::json,
  replace(metadata, repeat('0', 64), encode(sha256(delivery), 'hex'))::json,
  stream || '/' || type,
  sha256(convert_to(stream || version, 'utf8')),
  1
from event
