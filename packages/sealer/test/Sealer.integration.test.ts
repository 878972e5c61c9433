/** The tree over real events. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Entry from "@paylog/transparency/Entry"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Random } from "effect"
import * as ColumnSums from "../src/ColumnSums.ts"
import * as Sealer from "../src/Sealer.ts"
import { sha256 } from "../src/sha256.ts"
import * as StoredColumns from "../src/StoredColumns.ts"
import * as Tiles from "../src/Tiles.ts"
import { eventually, grow, run, superuser, world } from "./support/world.ts"

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
