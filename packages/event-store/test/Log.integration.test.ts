/** What the database itself holds to, whoever connects: the schema of the log seen from SQL. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import type { Client } from "pg"
import { connected, elsewhere, refusal, rows } from "./support/sql.ts"
import { World } from "./support/World.ts"

/** SQLSTATEs. */
const denied = "42501"
const appendOnly = "2F002"

/** A call of the append function: one event of stream `stream` under key `key`, and what deviates from that. */
const call = (key: string, stream: string, other: Record<string, string> = {}) => {
  const given = {
    keys: `array['${key}']`,
    item_keys: "array[1]",
    digests: "array[sha256('content')]",
    item_parts: "array[1]",
    streams: `array['${stream}']`,
    part_streams: "array[1]",
    part_expected: "array[-1]",
    part_events: "array[1]",
    ids: "array[gen_random_uuid()]",
    types: "array['T']",
    schema_versions: "array[1]",
    data: "array['{}']::json[]",
    metadata: "array['{}']::json[]",
    attachment_items: "array[1]",
    attachment_digests: `array[sha256('${key}')]`,
    attachment_bytes: `array['${key}']::bytea[]`,
    ...other,
  }
  return `select * from paylog.append(${Object.entries(given)
    .map(([name, value]) => `${name} => ${value}`)
    .join(", ")})`
}

/** What deviates in a call with two items, of one part with one event each, on the same stream. */
const two = (other: Record<string, string>) => ({
  keys: "array['two-1', 'two-2']",
  item_keys: "array[1, 2]",
  digests: "array[sha256('a'), sha256('b')]",
  item_parts: "array[1, 1]",
  part_streams: "array[1, 1]",
  part_expected: "array[-1, -1]",
  part_events: "array[1, 1]",
  ids: "array[gen_random_uuid(), gen_random_uuid()]",
  types: "array['T', 'T']",
  schema_versions: "array[1, 1]",
  data: "array['{}', '{}']::json[]",
  metadata: "array['{}', '{}']::json[]",
  ...other,
})

/** Someone who may log in and is a member of `role`. */
const member = (role: string) =>
  Effect.gen(function* () {
    const { url } = yield* World
    const owner = yield* connected(url)
    const name = `paylog_test_${randomBytes(6).toString("hex")}`
    yield* Effect.acquireRelease(rows(owner, `create role ${name} login password 'test' in role ${role}`), () =>
      rows(owner, `drop owned by ${name}; drop role ${name};`),
    )
    return yield* connected(
      elsewhere(url, (to) => {
        to.username = name
        to.password = "test"
      }),
    )
  })

const owner = Effect.flatMap(World, ({ url }) => connected(url))

const refusals = (client: Client, statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (text) => Effect.map(refusal(client, text), (code) => ({ text, code })))

const changes = [
  "update paylog.events set type = 'X'",
  "update paylog.events set type = 'X' where false",
  "delete from paylog.events",
  "truncate paylog.events",
  "update paylog.head set only_row = true",
  "insert into paylog.head values (true)",
  "delete from paylog.head",
  "truncate paylog.head",
  "delete from paylog.attachments",
  "truncate paylog.attachments",
  "update paylog.attachments set bytes = 'other'",
  "update paylog.attachments set digest = sha256('other'), bytes = null, erased_at = now()",
]

layer(World.layer, { excludeTestServices: true })("the log's schema", (it) => {
  it.effect("refuses every change of what is recorded, to a superuser too, with replication rules too", () =>
    Effect.gen(function* () {
      const client = yield* owner
      yield* rows(client, call("changes", "changes"))
      for (const setting of ["origin", "replica"]) {
        yield* rows(client, `set session_replication_role = ${setting}`)
        for (const { text, code } of yield* refusals(client, changes)) assert.strictEqual(code, appendOnly, text)
      }
    }),
  )

  it.effect("erases the bytes of an attachment, keeps its digest, and keeps it erased", () =>
    Effect.gen(function* () {
      const client = yield* owner
      const erase = `select paylog.erase_attachment(sha256('erased')) as erased`
      const found = `select bytes, erased_at is not null as erased from paylog.attachments where digest = sha256('erased')`
      assert.deepStrictEqual(yield* rows(client, erase), [{ erased: false }])
      yield* rows(client, call("erased", "erased"))
      assert.deepStrictEqual(yield* rows(client, erase), [{ erased: true }])
      assert.deepStrictEqual(yield* rows(client, found), [{ bytes: null, erased: true }])
      assert.deepStrictEqual(yield* rows(client, erase), [{ erased: false }])
      assert.strictEqual(
        yield* refusal(client, "update paylog.attachments set bytes = 'erased', erased_at = null"),
        appendOnly,
      )
      yield* rows(
        client,
        call("later", "erased", {
          attachment_digests: "array[sha256('erased')]",
          attachment_bytes: "array['erased']::bytea[]",
        }),
      )
      assert.deepStrictEqual(yield* rows(client, found), [{ bytes: null, erased: true }])
    }),
  )

  it.effect("lets the append role append and read, and do nothing else", () =>
    Effect.gen(function* () {
      const client = yield* member("paylog_append")
      yield* rows(client, call("role", "role"))
      assert.strictEqual((yield* rows(client, "select from paylog.events where stream = 'role'")).length, 1)
      assert.strictEqual(
        (yield* rows(client, "select from paylog.attachments where digest = sha256('role')")).length,
        1,
      )
      // Only a warning: nothing was granted, as the insert among what follows shows.
      yield* rows(client, "grant insert on paylog.events to current_user")
      for (const { text, code } of yield* refusals(client, forbidden)) assert.strictEqual(code, denied, text)
    }),
  )

  it.effect("lets the read role read, and do nothing else", () =>
    Effect.gen(function* () {
      const client = yield* member("paylog_read")
      yield* rows(client, "select from paylog.events")
      yield* rows(client, "select from paylog.attachments")
      for (const { text, code } of yield* refusals(client, [...forbidden, call("reader", "reader")])) {
        assert.strictEqual(code, denied, text)
      }
    }),
  )

  it.effect("lets everyone else do nothing", () =>
    Effect.gen(function* () {
      const client = yield* member("pg_monitor")
      const reads = ["select from paylog.events", "select from paylog.attachments", "select from paylog.migrations"]
      for (const { text, code } of yield* refusals(client, [...forbidden, ...reads, call("guest", "guest")])) {
        assert.strictEqual(code, denied, text)
      }
    }),
  )

  it.effect("takes the items of a batch in order: each sees what those before it did to its streams and its key", () =>
    Effect.gen(function* () {
      const client = yield* owner
      const [found] = yield* rows<{ head: bigint }>(
        client,
        "select coalesce(max(position), 0) as head from paylog.events",
      )
      const head = found?.head ?? assert.fail()
      // Streams a and b: a at 0; b at 1; the first again; its key with other content; a at 1 with b at 0; a at 1.
      const nine = (value: string) => `array_fill(${value}, array[9])`
      const batch = `select * from paylog.append(
        array['batch-1', 'batch-2', 'batch-3', 'batch-4'], array[1, 2, 1, 1, 3, 4],
        array[sha256('1'), sha256('2'), sha256('1'), sha256('x'), sha256('3'), sha256('4')], array[1, 1, 1, 1, 2, 1],
        array['batch-a', 'batch-b'], array[1, 2, 1, 1, 1, 2, 1], array[0, 1, 0, 0, 1, 0, 1], array[1, 2, 1, 1, 2, 1, 1],
        array[${Array.from({ length: 9 }, (_, n) => `'00000000-0000-4000-8000-00000000000${n}'`).join(", ")}]::uuid[],
        ${nine("'T'::text")}, ${nine("1")}, ${nine("'{}'::json")}, ${nine("'{}'::json")}, '{}', '{}', '{}')`
      assert.deepStrictEqual(yield* rows(client, batch), [
        {
          verdicts: ["A", "C", "D", "M", "A", "C"],
          positions: [head + 1n, 0n, head + 1n, 0n, head + 2n, 0n],
          versions: [1, 0, 1, 0, 3, 1, 3],
        },
      ])
      const made = yield* rows(
        client,
        "select position, stream, version, append_count from paylog.events where stream like 'batch-_' order by position",
      )
      assert.deepStrictEqual(made, [
        { position: head + 1n, stream: "batch-a", version: 1, append_count: 1 },
        { position: head + 2n, stream: "batch-a", version: 2, append_count: 3 },
        { position: head + 3n, stream: "batch-a", version: 3, append_count: null },
        { position: head + 4n, stream: "batch-b", version: 1, append_count: null },
      ])
      // The same batch again, as after a lost answer: what these very items made is told from what others made. By now b is at 1.
      assert.deepStrictEqual(yield* rows(client, batch), [
        {
          verdicts: ["O", "A", "D", "M", "O", "C"],
          positions: [head + 1n, head + 5n, head + 1n, 0n, head + 2n, 0n],
          versions: [1, 3, 1, 0, 3, 1, 3],
        },
      ])
    }),
  )

  it.effect("lets nobody confuse the append function: what does not add up appends nothing", () =>
    Effect.gen(function* () {
      const client = yield* member("paylog_append")
      const head = yield* rows(client, "select count(*), max(position) from paylog.events")
      const nonsense: Record<string, Record<string, string>> = {
        "no part": { item_parts: "array[0]" },
        "a part that is not there": { item_parts: "array[2]" },
        "a negative number of parts": { item_parts: "array[-1]" },
        "an event that is not there": { part_events: "array[2]" },
        "a negative number of events": { part_events: "array[-1]" },
        "no number of events": { part_events: "array[null::integer]" },
        "an event left over": { part_events: "array[0]" },
        "a part without an event beside one with two": two({ part_events: "array[0, 2]" }),
        "a part with less than no event beside one with three": two({ part_events: "array[-1, 3]" }),
        "an item without a part beside one with two": two({ item_parts: "array[0, 2]" }),
        "a stream that is not there": { part_streams: "array[2]" },
        "a key that is not there": { item_keys: "array[2]" },
        "a digest that is none": { digests: "array['x']::bytea[]" },
        "no stream": { streams: "array[null]::text[]" },
        "no id": { ids: "array[null]::uuid[]" },
        "a schema version of 0": { schema_versions: "array[0]" },
        "an attachment with another digest": { attachment_digests: "array[sha256('other')]" },
        "a stream counted twice": two({ streams: "array['x', 'x']", part_streams: "array[1, 2]" }),
        "a key counted twice": two({ keys: "array['y', 'y']" }),
      }
      for (const [what, other] of Object.entries(nonsense)) {
        assert.isDefined(yield* refusal(client, call(`nonsense ${what}`, "nonsense", other)), what)
      }
      assert.deepStrictEqual(yield* rows(client, "select count(*), max(position) from paylog.events"), head)
    }),
  )

  it.effect("lets no session's settings or objects mislead the append function", () =>
    Effect.gen(function* () {
      const client = yield* member("paylog_append")
      const [session] = yield* rows<{ database: string; role: string }>(
        client,
        "select current_database() as database, current_user as role",
      )
      yield* rows(yield* owner, `grant create on database ${session?.database} to ${session?.role}`)
      yield* rows(client, "create temp table events (position bigint); create temp table head (only_row boolean)")
      yield* rows(
        client,
        "create function pg_temp.clock_timestamp() returns timestamptz language sql as $$ select '2999-01-01'::timestamptz $$",
      )
      yield* rows(
        client,
        "create schema mine; create function mine.clock_timestamp() returns timestamptz language sql as $$ select '2999-01-01'::timestamptz $$",
      )
      yield* rows(client, "set search_path = pg_temp, mine, paylog, pg_catalog")
      yield* rows(client, call("misled", "misled"))
      const [misled] = yield* rows<{ recorded_at: Date }>(
        client,
        "select recorded_at from paylog.events where stream = 'misled'",
      )
      assert.ok(misled !== undefined && misled.recorded_at.getFullYear() < 2999)
      // Under a snapshot from before the lock, what others append is not seen.
      yield* rows(client, "begin isolation level repeatable read")
      assert.strictEqual(yield* refusal(client, call("stale", "stale")), "P0001")
      yield* rows(client, "rollback")
    }),
  )
})

/** Statements that only the owner may make; 42501 for everyone else. */
const forbidden = [
  ...changes,
  "insert into paylog.events (position, recorded_at, version, schema_version, id, stream, type, data, metadata) values (99, now(), 1, 1, gen_random_uuid(), 's', 't', '{}', '{}')",
  "insert into paylog.attachments (digest, bytes) values (sha256('a'), 'a')",
  "insert into paylog.migrations (set, file, sha256) values ('a', 'b', 'c')",
  "delete from paylog.migrations",
  "select from paylog.head for update",
  "select paylog.erase_attachment(sha256('a'))",
  "select paylog.make_role('paylog_x')",
  "select paylog.grant_to('paylog_x', 'all on paylog.events')",
  "select paylog.refuse_change()",
  "copy paylog.events from stdin",
  "do 'begin lock table paylog.events in access exclusive mode; end'",
  "alter table paylog.events disable trigger all",
  "drop trigger refuse_change on paylog.events",
  "drop table paylog.events",
  "drop schema paylog cascade",
  "create table paylog.mine (n int)",
  "create or replace function paylog.append() returns void language sql as 'select'",
  "set session_replication_role = replica",
]
