/** The tree over real events. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Entry from "@paylog/transparency/Entry"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Logger, Random, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import * as ColumnSums from "../src/ColumnSums.ts"
import * as Sealer from "../src/Sealer.ts"
import { sha256 } from "../src/sha256.ts"
import * as StoredColumns from "../src/StoredColumns.ts"
import * as Tiles from "../src/Tiles.ts"
import { eventually, grow, run, services, superuser, World, world } from "./support/world.ts"

/** MTH of RFC 6962, section 2.1, to the letter. */
const naiveRoot = (entries: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = entries
  if (only === undefined) return sha256(new Uint8Array())
  if (entries.length === 1) return sha256(Bytes.concat(Uint8Array.of(0), only))
  let k = 1
  while (k * 2 < entries.length) k *= 2
  return sha256(Bytes.concat(Uint8Array.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k))))
}

const options = { gather: "10 millis", page: 600 } as const
const sealed = (size: number) => eventually(Tiles.size, (now) => now === size)

layer(world, { excludeTestServices: true })("the sealer", (it) => {
  it.effect("has nothing to say of an empty log", () =>
    Effect.gen(function* () {
      const said: Array<unknown> = []
      const listening = Logger.layer([Logger.make(({ message }) => said.push(message))])
      const taken = run<{ token: bigint }>("select token from paylog.bookmarks where follower = 'sealer'")
      yield* Effect.forkScoped(Effect.provide(Sealer.run({ gather: 0 }), listening))
      yield* eventually(taken, ([bookmark]) => bookmark !== undefined)
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(said, [])
    }).pipe(Effect.scoped),
  )

  it.effect("makes the tree that RFC 6962 defines over every stored column, whatever the batches were", () =>
    Effect.gen(function* () {
      yield* Effect.forkScoped(Sealer.run(options))
      let head = 0
      for (const appends of [1, 1, 3, 120, 7, 400, 2]) {
        head = Number(yield* grow(appends))
        if ((yield* Random.next) < 0.7) yield* sealed(head)
      }
      yield* sealed(head)
      const stored = yield* StoredColumns.page(0n, head)
      const entries = stored.map((event) => Entry.entryOf(event, sha256))
      assert.deepStrictEqual(yield* Tiles.rootAt(head), naiveRoot(entries))
      for (const size of [1, 2, 255, 256, 257, head - 1])
        assert.deepStrictEqual(yield* Tiles.rootAt(size), naiveRoot(entries.slice(0, size)))
      const bundles = yield* Tiles.bundles(0, 100)
      assert.strictEqual(
        Bytes.toHex(Bytes.concat(...bundles.map(({ hashes }) => hashes))),
        Bytes.toHex(Bytes.concat(...entries)),
      )
      for (const event of [stored[0], stored[255], stored[256], stored.at(-1)])
        assert.deepStrictEqual(
          yield* ColumnSums.at(event?.position ?? 0n),
          event && Buffer.from(ColumnSums.sums(event)),
        )
      const proof = yield* Tiles.inclusionProof(300n, head)
      const [leaf, root] = [Tree.leafHash(entries[299] ?? new Uint8Array()), yield* Tiles.rootAt(head)]
      assert.isTrue(Tree.checkInclusion(proof, { index: 299, leaf, size: head, root }))
    }).pipe(Effect.scoped),
  )

  it.effect("hashes every column that the table has: a new one needs an encoding of its own", () =>
    Effect.gen(function* () {
      const columns = yield* run<{ column: string }>(
        "select column_name as column from information_schema.columns where table_schema = 'paylog' and table_name = 'events' order by ordinal_position",
      )
      assert.deepStrictEqual(
        columns.map(({ column }) => column),
        [
          "position",
          "recorded_at",
          "version",
          "schema_version",
          "id",
          "stream",
          "type",
          "data",
          "metadata",
          "append_key",
          "append_digest",
          "append_count",
        ],
      )
    }),
  )

  it.effect("stops at a position that is missing, and goes on once it is there", () =>
    Effect.gen(function* () {
      const before = yield* (yield* EventStore).head
      const missing = before + 2n
      yield* grow(3)
      yield* run("create table kept as select * from paylog.events where position = $1", [missing])
      yield* superuser(`delete from paylog.events where position = ${missing}`)
      yield* Effect.forkScoped(Sealer.run(options))
      const head = yield* grow(1)
      const token = run<{ token: bigint }>("select token from paylog.bookmarks where follower = 'sealer'")
      const [first] = yield* token
      // Who stops takes the lease anew.
      yield* eventually(token, ([now]) => (now?.token ?? 0n) > (first?.token ?? 0n) + 1n)
      assert.strictEqual(yield* Tiles.size, Number(before))
      yield* superuser("insert into paylog.events select * from kept")
      yield* sealed(Number(head))
      assert.deepStrictEqual(yield* run("select from paylog.parked"), [])
    }).pipe(Effect.scoped),
  )

  it.effect("hashes times of any kind as whoever checks does", () =>
    Effect.gen(function* () {
      const before = Number(yield* (yield* EventStore).head)
      yield* grow(6)
      const times = [
        "infinity",
        "-infinity",
        "1969-12-31 23:59:59.999Z",
        "2026-01-01 00:00:00.001001Z",
        "2199-12-31 23:59:59.999Z",
        "2200-01-01 00:00:00.001Z",
        "290000-01-01 00:00:00.123Z",
        "4000-01-01 BC",
      ]
      yield* superuser(
        ...times.map(
          (time, n) => `update paylog.events set recorded_at = '${time}' where position = ${before + n + 1}`,
        ),
      )
      yield* Effect.forkScoped(Sealer.run(options))
      yield* sealed(Number(yield* (yield* EventStore).head))
      const stored = yield* StoredColumns.page(BigInt(before), times.length)
      const bundles = yield* Tiles.bundles(0, 100)
      const entries = Bytes.concat(...bundles.map(({ hashes }) => hashes))
      assert.deepStrictEqual(
        stored.map((_, n) => Bytes.toHex(entries.subarray(32 * (before + n), 32 * (before + n + 1)))),
        stored.map((event) => Bytes.toHex(Entry.entryOf(event, sha256))),
      )
      for (const event of stored)
        assert.deepStrictEqual(yield* ColumnSums.at(event.position), Buffer.from(ColumnSums.sums(event)))
    }).pipe(Effect.scoped),
  )

  it.effect("takes what has gathered in pages, and does not run after each append", () =>
    Effect.gen(function* () {
      const database = yield* Database
      let pages = 0
      const counting = Database.of({
        ...database,
        transaction: (use) => Effect.suspend(() => (pages++, database.transaction(use))),
      })
      yield* Effect.forkScoped(Sealer.run({ gather: "100 millis" }).pipe(Effect.provideService(Database, counting)))
      const begun = performance.now()
      let head = 0
      while (performance.now() - begun < 1500) head = Number(yield* grow(2))
      yield* sealed(head)
      // One each 100 ms, and the last one.
      assert.isAbove(pages, 2)
      assert.isAtMost(pages, (performance.now() - begun) / 100 + 1)
    }).pipe(Effect.scoped),
  )

  it.effect("may be done by a login that appends and projects, and no more", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const role = `sealer_${randomBytes(6).toString("hex")}`
      yield* Effect.acquireRelease(
        run(`create role ${role} login password '${role}' in role paylog_append, paylog_project`),
        () => Effect.orDie(run(`drop role ${role}`)),
      )
      const login = new URL(Redacted.value(url))
      login.username = login.password = role
      const head = Number(yield* grow(3))
      yield* Effect.raceFirst(Sealer.run(options), sealed(head)).pipe(
        Effect.provide(services(Redacted.make(login.href)), { local: true }),
      )
      const [rights] = yield* run<{ everybody: boolean }>(
        "select bool_or(has_function_privilege('public', oid, 'execute')) as everybody from pg_proc where pronamespace = 'transparency'::regnamespace",
      )
      assert.isFalse(rights?.everybody)
    }).pipe(Effect.scoped),
  )

  it.effect("stops at a tile that is not as long as the tree says", () =>
    Effect.gen(function* () {
      const before = Number(yield* (yield* EventStore).head)
      assert.isAbove(before, 512)
      const [kept] = yield* run<{ hashes: Uint8Array }>("select hashes from transparency.tiles where level = 1")
      yield* run("update transparency.tiles set hashes = substr(hashes, 1, length(hashes) - 32) where level = 1")
      // The next full tile of level 0 is a hash of the one that is cut. Pages that end before it are sealed all the same.
      const full = before - (before % 256) + 256
      yield* grow(256)
      yield* Effect.forkScoped(Sealer.run(options))
      const token = run<{ token: bigint }>("select token from paylog.bookmarks where follower = 'sealer'")
      const [first] = yield* token
      yield* eventually(token, ([now]) => (now?.token ?? 0n) > (first?.token ?? 0n) + 1n)
      const size = yield* Tiles.size
      assert.isAtLeast(size, before)
      assert.isBelow(size, full)
      yield* run("update transparency.tiles set hashes = $1 where level = 1", [kept?.hashes])
      yield* sealed(Number(yield* (yield* EventStore).head))
    }).pipe(Effect.scoped),
  )

  it.effect("what a page writes is gone when its transaction does not commit", () =>
    Effect.gen(function* () {
      const database = yield* Database
      let losses = 3
      const losing = Database.of({
        ...database,
        transaction: (use) =>
          database.transaction((sql) =>
            Effect.tap(use(sql), () => (losses-- > 0 ? new StoreUnavailable({ reason: "a test" }) : Effect.void)),
          ),
      })
      yield* Effect.forkScoped(Sealer.run(options).pipe(Effect.provideService(Database, losing)))
      const head = Number(yield* grow(9))
      yield* sealed(head)
      assert.isBelow(losses, 0)
      const stored = yield* StoredColumns.page(0n, head)
      assert.deepStrictEqual(yield* Tiles.rootAt(head), naiveRoot(stored.map((event) => Entry.entryOf(event, sha256))))
    }).pipe(Effect.scoped),
  )

  it.effect("a time that was changed by less than a millisecond is another entry", () =>
    Effect.gen(function* () {
      const entry = Effect.map(StoredColumns.page(4n, 1), ([event]) => event && Bytes.toHex(Entry.entryOf(event)))
      const before = yield* entry
      yield* superuser(
        "update paylog.events set recorded_at = recorded_at + interval '1 microsecond' where position = 5",
      )
      assert.notStrictEqual(yield* entry, before)
    }),
  )
})
