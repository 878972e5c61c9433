/** Readers that are killed while several processes write, roll back and are killed themselves. */
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Random, type Redacted } from "effect"
import { assertDense, event, everything, to } from "../src/conformance/law.ts"
import type { Append } from "../src/EventStore.ts"
import { ciOrFull } from "./support/full.ts"
import { faultsOf, type Line, readWhileKilled } from "./support/ReaderProcesses.ts"
import { connected, rows } from "./support/sql.ts"
import { type StoreProcess, storeProcess } from "./support/StoreProcess.ts"
import { storeAt } from "./support/stores.ts"
import { World } from "./support/World.ts"

const live = { excludeTestServices: true }

/** Writes so many events from so many writers in three processes, of which the third is killed now and then. */
const writing = Effect.fnUntraced(function* (url: Redacted.Redacted, events: number, writers: number) {
  const slots: Array<StoreProcess> = yield* Effect.all([storeProcess(url), storeProcess(url), storeProcess(url)], {
    concurrency: 3,
  })
  let left = events
  let killed = 0
  const persist = (slot: number, append: Append): Effect.Effect<void> =>
    Effect.suspend(() => slots[slot]?.append(append) ?? Effect.die("no process")).pipe(
      Effect.catchTag(["StoreUnavailable", "Overloaded"], () =>
        Effect.delay(
          Effect.suspend(() => persist((slot + 1) % 3, append)),
          "20 millis",
        ),
      ),
      Effect.orDie,
      Effect.asVoid,
    )
  const writer = (n: number) =>
    Effect.gen(function* () {
      while (left > 0) {
        const size = Math.min(left, yield* Random.nextIntBetween(1, 16))
        left -= size
        const stream = `s-${yield* Random.nextIntBetween(0, 40)}`
        yield* persist(n % 3, to(stream, "any", ...Array.from({ length: size }, () => event({ n }))))
        yield* Effect.sleep(yield* Random.nextIntBetween(0, 6))
      }
    })
  const killOne = Effect.gen(function* () {
    yield* Effect.sleep(yield* Random.nextIntBetween(2000, 4000))
    yield* slots[2]?.kill ?? Effect.void
    slots[2] = yield* storeProcess(url)
    killed += 1
  })
  const killing = yield* Effect.forkScoped(Effect.forever(killOne))
  const aborting = yield* Effect.forkScoped(Effect.forever(rolledBack(url)))
  yield* Effect.forEach(
    Array.from({ length: writers }, (_, n) => n),
    writer,
    { concurrency: "unbounded" },
  )
  yield* Fiber.interrupt(aborting)
  yield* Fiber.interrupt(killing)
  return killed
})

/** An append that holds the head for a while, and is taken back. */
const rolledBack = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const client = yield* connected(url)
  yield* rows(client, "begin")
  yield* rows(client, "select from paylog.head for update")
  yield* rows(
    client,
    `insert into paylog.events (position, recorded_at, version, schema_version, id, stream, type, data, metadata)
     select coalesce(max(position), 0) + 1, clock_timestamp(), 1, 1, gen_random_uuid(), 'rolled back', 'T', '{}', '{}'
     from paylog.events`,
  )
  yield* Effect.sleep(yield* Random.nextIntBetween(0, 20))
  yield* rows(client, "rollback")
  yield* Effect.sleep("300 millis")
}, Effect.scoped)

layer(Layer.fresh(World.layer), live)("a reader that is killed at random and goes on", (it) => {
  const events = ciOrFull(50_000, 1_000_000)
  const writers = ciOrFull(8, 32)
  const kills = ciOrFull(12, 100)

  it.effect(
    `misses, repeats and reverses none of ${events} events of ${writers} writers, over ${kills} kills`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const store = yield* storeAt(url)
        const writer = yield* Effect.forkScoped(writing(url, events, writers))
        const read = yield* readWhileKilled({
          url,
          source: "log",
          kills,
          written: () => writer.pollUnsafe() !== undefined,
          last: Effect.orDie(store.head),
        })
        assert.isAtLeast(yield* Fiber.join(writer), 1)
        const log = yield* everything(store)
        assertDense(log)
        assert.strictEqual(log.length, events)
        for (const lines of read) {
          assert.deepStrictEqual(faultsOf(lines, log), { missed: 0, repeated: 0, reversed: 0, wrong: 0 })
        }
      }),
    3_600_000,
  )

  it.effect("is seen to miss events where positions come from a sequence and show as transactions end", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const client = yield* connected(url)
      yield* rows(client, "create table naive (position bigserial primary key, stream text, version int)")
      const writers = yield* Effect.forkScoped(
        Effect.forEach(
          Array.from({ length: 8 }, (_, n) => n),
          (n) => naively(url, n, 300),
          { concurrency: "unbounded" },
        ),
      )
      const stored = rows<Line>(client, "select position, stream, version from naive order by position")
      const read = yield* readWhileKilled({
        url,
        source: "naive",
        kills: 3,
        written: () => writers.pollUnsafe() !== undefined,
        last: Effect.map(stored, (lines) => lines.at(-1)?.position ?? 0n),
      })
      yield* Fiber.join(writers)
      for (const lines of read) assert.isAbove(faultsOf(lines, yield* stored).missed, 0)
    }),
  )
})

/** Transactions of random length, every tenth rolled back. */
const naively = Effect.fnUntraced(function* (url: Redacted.Redacted, writer: number, count: number) {
  const client = yield* connected(url)
  let version = 0
  for (let n = 0; n < count; n++) {
    yield* rows(client, "begin")
    yield* rows(client, "insert into naive (stream, version) values ($1, $2)", [`s-${writer}`, version + 1])
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 8))
    if (n % 10 === 9) yield* rows(client, "rollback")
    else {
      yield* rows(client, "commit")
      version += 1
    }
  }
}, Effect.scoped)
