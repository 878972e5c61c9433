-- Sealing happens where the events are: they need not travel, and the program's one thread is what appends wait for.

-- The root over a full tile's hashes: the tree's hash 8 levels above them (RFC 6962, section 2.1).
create function transparency.root_of_tile(hashes bytea) returns bytea
language plpgsql immutable strict
set search_path = pg_catalog, pg_temp
as $$
begin
  while length(hashes) > 32 loop
    select string_agg(sha256('\x01'::bytea || substr(hashes, 64 * pair + 1, 64)), ''::bytea order by pair)
    into hashes
    from generate_series(0, length(hashes) / 64 - 1) as pair;
  end loop;
  return hashes;
end
$$;

-- Seals the events at the positions from `after` + 1 to `up_to`: their entries (`paylog-event/1`, as packages/transparency has
-- it), their column sums (as packages/sealer has them), and the tree over them. Answers with the tree's size before and with how
-- many events there are; when the tree does not end at `after`, or an event is missing, nothing is written. `damaged` is the
-- level at which a tile is not as long as the tree says: the caller then has to roll back.
--
-- For one session at a time (the follower's lease), in the transaction that moves its bookmark. A text is sent, and so hashed, in
-- the client's encoding, which is to be UTF-8.
create function transparency.seal(
  after bigint,
  up_to bigint,
  out size bigint,
  out events bigint,
  out damaged smallint
)
language plpgsql
set search_path = pg_catalog, pg_temp
-- Tables that grow faster than they are analyzed look small to the planner.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
  new_entries bytea;
  new_sums    bytea;
  -- Level by level: how many hashes there were, how many there are to be, and those between.
  depth       smallint := 0;
  was         bigint := after;
  becomes     bigint := up_to;
  added       bytea;
  sound       bigint;
begin
  select coalesce(max(tile.index * 256 + length(tile.hashes) / 32), 0)
  into size
  from (select * from transparency.tiles where level = 0 order by index desc limit 1) as tile;

  -- The binary form of an array is, after 20 bytes, each element after its length, or the length -1: that of an entry's fields.
  select
    count(*),
    string_agg(entry, ''::bytea order by position),
    string_agg(sha256('\x00'::bytea || entry), ''::bytea order by position),
    string_agg(column_sums, ''::bytea order by position)
  into events, new_entries, added, new_sums
  from (
    select
      position,
      sha256(
        substr(array_send(array[
          'paylog-event/1', position::text, recorded_at_ms::text, version::text, schema_version::text, id, stream, type
        ]), 21)
        || substr(array_send(array[
          data_digest, metadata_digest, textsend(append_key), append_digest, textsend(append_count::text)
        ]), 21)
      ) as entry,
      substr(int8send(recorded_at_ms # (recorded_at_ms >> 32)), 5, 4)
      || int4send(version)
      || int4send(schema_version)
      || substr(sha256(textsend(id)), 1, 4)
      || substr(sha256(textsend(stream)), 1, 4)
      || substr(sha256(textsend(type)), 1, 4)
      || substr(data_digest, 1, 4)
      || substr(metadata_digest, 1, 4)
      || coalesce(substr(sha256(textsend(append_key)), 1, 4), '\xffffffff')
      || coalesce(substr(sha256(append_digest), 1, 4), '\xffffffff')
      || coalesce(int4send(append_count), '\xffffffff') as column_sums
    from (
      select
        position,
        version,
        schema_version,
        id::text as id,
        stream,
        type,
        sha256(json_send(data)) as data_digest,
        sha256(json_send(metadata)) as metadata_digest,
        append_key,
        append_digest,
        append_count,
        -- Exact: what is no whole millisecond, and so was not made by paylog.append, is a number that no time of ours has.
        -- Within these years a double holds milliseconds, and computes them at a third of the price.
        case
          when recorded_at between '1970-01-01 00:00:00Z' and '2200-01-01 00:00:00Z'
            and to_timestamp(round(date_part('epoch', recorded_at) * 1000) / 1000) = recorded_at
            then round(date_part('epoch', recorded_at) * 1000)::bigint
          when not isfinite(recorded_at) then -9223372036854775807
          when date_trunc('milliseconds', recorded_at) = recorded_at then (extract(epoch from recorded_at) * 1000)::bigint
          else -(extract(epoch from recorded_at) * 1000000)::bigint
        end as recorded_at_ms
      from paylog.events
      where position > after
        and position <= up_to
      order by position
      -- Keeps what is used twice from being computed twice.
      offset 0
    ) as event
    offset 0
  ) as sealed;
  if size <> after or events <> up_to - after or events = 0 then
    return;
  end if;

  insert into transparency.entries as entry (bundle, hashes)
  select
    bundle,
    substr(
      new_entries,
      (greatest(bundle * 256, after) - after)::integer * 32 + 1,
      (least(bundle * 256 + 256, up_to) - greatest(bundle * 256, after))::integer * 32
    )
  from generate_series(after / 256, (up_to - 1) / 256) as bundle
  on conflict (bundle) do update set hashes = entry.hashes || excluded.hashes;

  insert into transparency.column_sums as sum (bundle, sums)
  select
    bundle,
    substr(
      new_sums,
      (greatest(bundle * 256, after) - after)::integer * 44 + 1,
      (least(bundle * 256 + 256, up_to) - greatest(bundle * 256, after))::integer * 44
    )
  from generate_series(after / 256, (up_to - 1) / 256) as bundle
  on conflict (bundle) do update set sums = sum.sums || excluded.sums;

  while becomes > was loop
    insert into transparency.tiles as tile (level, index, hashes)
    select
      depth,
      at,
      substr(
        added,
        (greatest(at * 256, was) - was)::integer * 32 + 1,
        (least(at * 256 + 256, becomes) - greatest(at * 256, was))::integer * 32
      )
    from generate_series(was / 256, (becomes - 1) / 256) as at
    on conflict (level, index) do update set hashes = tile.hashes || excluded.hashes;

    select count(*)
    into sound
    from transparency.tiles as tile
    where tile.level = depth
      and tile.index between was / 256 and (becomes - 1) / 256
      and length(tile.hashes) = least(becomes - tile.index * 256, 256) * 32;
    if sound <> (becomes - 1) / 256 - was / 256 + 1 then
      damaged := depth;
      return;
    end if;

    -- Those that are full by now are a hash each of the level above. Concatenated, a tile is in memory: else each of its
    -- pairs would be fetched from where large values are kept.
    select string_agg(transparency.root_of_tile(tile.hashes || ''::bytea), ''::bytea order by tile.index)
    into added
    from transparency.tiles as tile
    where tile.level = depth
      and tile.index between was / 256 and becomes / 256 - 1;
    depth := depth + 1;
    was := was / 256;
    becomes := becomes / 256;
  end loop;
end
$$;

revoke execute on function transparency.root_of_tile(bytea), transparency.seal(bigint, bigint) from public;
select paylog.grant_to(
  'paylog_project',
  'execute on function transparency.root_of_tile(bytea), transparency.seal(bigint, bigint)'
);
