-- Appends a batch: the one way into the log. As 0004 has it, and faster for a plain batch, which is most of them: it asks once,
-- writes once, and makes no table of any argument on the way. Every element is taken by its number: an array of a function is
-- taken apart once, whereas unnest keeps a table for each.
--
-- The batch is flat. Item i is one append: keys[i] and digests[i], and its next item_parts[i] parts. Part p appends its next
-- part_events[p] events to the stream streams[part_streams[p]], which is to be at version part_expected[p] (-1: any). Items
-- are taken in order and each sees what those before it did, so two items may share a stream or a key; item i has the key
-- keys[item_keys[i]]. An item that loses appends nothing and harms no other.
-- Plain is a batch without item_keys, item_parts, part_streams and part_events: item n appends one event, under key n, to stream n.
-- If all of a plain batch win, the one position of the first event is all that is answered.
--
-- Verdict per item: A appended; D duplicate, the key had this content before; O the same, and it was this very item (its
-- first event has that id), sent before without hearing the answer; M mismatch, the key had other content; C conflict.
-- Position per item: of the first event (A, D, O), else 0. Version per part: the stream's after the part's last event
-- (A, D, O), or the one it is at (C), else 0.
create or replace function paylog.append(
  keys               text[],
  item_keys          integer[],
  digests            bytea[],
  item_parts         integer[],
  streams            text[],
  part_streams       integer[],
  part_expected      integer[],
  part_events        integer[],
  ids                uuid[],
  types              text[],
  schema_versions    integer[],
  data               json[],
  metadata           json[],
  attachment_items   integer[],
  attachment_digests bytea[],
  attachment_bytes   bytea[],
  out verdicts       "char"[],
  out positions      bigint[],
  out versions       integer[]
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
-- Every query here finds single rows by an index. On a table that grows and was not analysed yet, the planner thinks otherwise.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  items           constant integer := cardinality(digests);
  parts           constant integer := cardinality(part_expected);
  events          constant integer := cardinality(ids);
  last_position   bigint;
  moment          timestamptz;
  key_found       boolean; -- one of the batch's keys was used before
  -- The state of each key and stream of the batch, as the items before the current one left it.
  key_positions   bigint[];
  key_digests     bytea[];
  key_ids         uuid[];
  stream_versions integer[];
  -- Where each event goes; position 0: nowhere, its item lost.
  event_positions bigint[];
  event_versions  integer[];
  event_streams   integer[];
  event_items     integer[]; -- at an item's first event; else 0, which selects null
  item_events     integer[];
  parts_before    integer := 0; -- before the current item
  events_before   integer := 0;
  k               integer;
  s               integer;
  e               integer;
  wins            boolean;
begin
  -- A snapshot older than the lock would not show what others have appended.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'paylog.append needs the isolation level read committed';
  end if;
  -- A commit that is answered must be on disk. Class 57: the store is out of reach until its operator acts.
  if 'off' in (current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes')) then
    raise exception 'nothing is appended while synchronous_commit, fsync or full_page_writes is off'
      using errcode = 'operator_intervention';
  end if;

  -- From here to the commit nobody else appends: positions are without gaps, in the order of commit; no verdict is stale.
  perform from paylog.head for update;
  if not found then
    raise exception 'paylog.head has no row';
  end if;

  -- Each statement below has a snapshot of its own, taken after the lock.
  select
    coalesce(newest.position, 0),
    greatest(date_trunc('milliseconds', clock_timestamp()), newest.recorded_at),
    exists (select from paylog.events where append_key = any (keys)),
    array(
      select coalesce((select version from paylog.events where stream = streams[n] order by version desc limit 1), 0)
      from (select generate_series(1, cardinality(streams))) as numbers (n)
    )
    into last_position, moment, key_found, stream_versions
    from (select) as always
    left join (select position, recorded_at from paylog.events order by position desc limit 1) as newest on true;

  if cardinality(item_keys) = 0 and not key_found and part_expected = stream_versions
    and events = all (array[cardinality(keys), items, parts])
  then
    -- All win.
    insert into paylog.events (
        position, recorded_at, version, schema_version, id, stream, type, data, metadata,
        append_key, append_digest, append_count)
      select
        last_position + n, moment, stream_versions[n] + 1, schema_versions[n], ids[n], streams[n], types[n],
        append.data[n], append.metadata[n], keys[n], digests[n], 1
      from (select generate_series(1, events)) as numbers (n);
    positions := array[last_position + 1];
  else
    if cardinality(item_keys) = 0 then
      item_keys := array(select generate_series(1, items));
      item_parts := array_fill(1, array[items]);
      part_streams := array(select generate_series(1, parts));
      part_events := array_fill(1, array[parts]);
    end if;

    select array_agg(coalesce(position, 0) order by n), array_agg(append_digest order by n), array_agg(id order by n)
      into key_positions, key_digests, key_ids
      from generate_series(1, cardinality(keys)) as n
      left join paylog.events on append_key = keys[n];

    verdicts := array_fill('C'::"char", array[items]);
    positions := array_fill(0::bigint, array[items]);
    versions := array_fill(0, array[parts]);
    item_events := array_fill(0, array[items]);
    event_positions := array_fill(0::bigint, array[events]);
    event_versions := array_fill(0, array[events]);
    event_streams := array_fill(0, array[events]);
    event_items := array_fill(0, array[events]);

    for i in 1 .. items loop
      for p in parts_before + 1 .. parts_before + item_parts[i] loop
        item_events[i] := item_events[i] + part_events[p];
      end loop;
      k := item_keys[i];

      -- The key comes before the version: a repeated append is answered as it was, however far the stream has moved since.
      if key_positions[k] > 0 then
        if key_digests[k] <> digests[i] then
          verdicts[i] := 'M';
        else
          verdicts[i] := case when key_ids[k] = ids[events_before + 1] then 'O' else 'D' end;
          positions[i] := key_positions[k];
        end if;
      else
        wins := true;
        for p in parts_before + 1 .. parts_before + item_parts[i] loop
          versions[p] := stream_versions[part_streams[p]];
          wins := wins and part_expected[p] in (-1, versions[p]);
        end loop;
        if wins then
          verdicts[i] := 'A';
          positions[i] := last_position + 1;
          key_positions[k] := last_position + 1;
          key_digests[k] := digests[i];
          key_ids[k] := ids[events_before + 1];
          event_items[events_before + 1] := i;
          e := events_before;
          for p in parts_before + 1 .. parts_before + item_parts[i] loop
            s := part_streams[p];
            for n in 1 .. part_events[p] loop
              e := e + 1;
              event_positions[e] := last_position + e - events_before;
              event_versions[e] := versions[p] + n;
              event_streams[e] := s;
            end loop;
            versions[p] := versions[p] + part_events[p];
            stream_versions[s] := versions[p];
          end loop;
          last_position := last_position + item_events[i];
        end if;
      end if;
      parts_before := parts_before + item_parts[i];
      events_before := events_before + item_events[i];
    end loop;

    if parts_before <> parts or events_before <> events or 1 > any (item_parts) or 1 > any (part_events) then
      raise exception 'paylog.append: the parts do not add up';
    end if;

    insert into paylog.events (
        position, recorded_at, version, schema_version, id, stream, type, data, metadata,
        append_key, append_digest, append_count)
      select
        event_positions[n], moment, event_versions[n], schema_versions[n], ids[n], streams[event_streams[n]], types[n],
        append.data[n], append.metadata[n],
        keys[item_keys[event_items[n]]], digests[event_items[n]], item_events[event_items[n]]
      from (select generate_series(1, events)) as numbers (n)
      where event_positions[n] > 0;
  end if;

  if cardinality(attachment_items) > 0 then
    insert into paylog.attachments (digest, bytes)
      select attachment_digests[n], attachment_bytes[n]
      from generate_series(1, cardinality(attachment_items)) as n
      where verdicts is null or verdicts[attachment_items[n]] = 'A'
      on conflict do nothing;
  end if;

  -- Where the streams of a duplicate stood then. Same content, so the same parts, at consecutive positions.
  if verdicts && array['D', 'O']::"char"[] then
    parts_before := 0;
    for i in 1 .. items loop
      if verdicts[i] in ('D', 'O') then
        last_position := positions[i] - 1;
        for p in parts_before + 1 .. parts_before + item_parts[i] loop
          last_position := last_position + part_events[p];
          versions[p] := (select version from paylog.events where position = last_position);
        end loop;
      end if;
      parts_before := parts_before + item_parts[i];
    end loop;
  end if;
end
$$;
