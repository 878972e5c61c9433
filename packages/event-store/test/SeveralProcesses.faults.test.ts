/** One log, several processes of the operating system: races for a version, for a key, and across streams. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, type Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { assertConflict, assertDense, event, everything, several, to, together } from "../src/conformance/law.ts"
import type { Append, Appended } from "../src/EventStore.ts"
import { ciOrFull } from "./support/full.ts"
import { noConstraints, noLock, sabotaged } from "./support/sabotaged.ts"
import { connected, rows } from "./support/sql.ts"
import { storeProcess } from "./support/StoreProcess.ts"
import { storeAt } from "./support/stores.ts"
import { World } from "./support/World.ts"
import * as Workload from "./support/workload.ts"
import type { AppendExit } from "./support/wire.ts"

const live = { excludeTestServices: true }

const world = Layer.merge(World.layer, DevPostgres.layer)

const processes = (url: Redacted.Redacted, count: number) =>
  Effect.all(
    Array.from({ length: count }, () => storeProcess(url)),
    together,
  )

/**
 * Each round, 64 appenders in four processes want the same version of one stream. One wins; each other one is told the
 * version that there then is; nothing else is in the log.
 */
const race = Effect.fnUntraced(function* (url: Redacted.Redacted, rounds: number) {
  const racers = yield* processes(url, 4)
  for (let version = 0; version < rounds; version++) {
    const exits = yield* Effect.forEach(
      racers,
      (racer) => racer.appendAll(Array.from({ length: 16 }, () => to("contested", version))),
      together,
    )
    let winners = 0
    for (const exit of exits.flat()) {
      if (Exit.isSuccess(exit)) {
        winners += 1
        assert.deepStrictEqual(exit.value.versions, [version + 1])
      } else {
        assertConflict(failureOf(exit), { stream: "contested", expected: version, actual: version + 1 })
      }
    }
    assert.strictEqual(winners, 1, `winners of version ${version + 1}`)
  }
  const log = yield* everything(yield* storeAt(url))
  assert.strictEqual(log.length, rounds)
  assertDense(log)
})

const failureOf = (exit: AppendExit) => {
  const error = Exit.findErrorOption(exit)
  assert.ok(error._tag === "Some", `is a typed error: ${String(exit)}`)
  return error.value
}

layer(Layer.fresh(world), live)("64 appenders in four processes", (it) => {
  const rounds = ciOrFull(2000, 10_000)

  it.effect(
    `race for one version ${rounds} times: each time one wins, and the others learn the true version`,
    () => World.use(({ url }) => race(url, rounds)),
    600_000,
  )

  it.effect("are seen to be too many winners when nothing but a check before the insert keeps them apart", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(race(yield* sabotaged([noLock], noConstraints), 200))
      assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /winners of version \d+/)
    }),
  )
})

layer(Layer.fresh(world), live)("three processes with one key", (it) => {
  const neighbours = () => Array.from({ length: 5 }, () => to(`neighbour-${randomUUID()}`, "none", ...several(2)))

  const assertUnharmed = (exits: ReadonlyArray<AppendExit>) => {
    for (const exit of exits) {
      assert.ok(Exit.isSuccess(exit))
      assert.deepStrictEqual([exit.value.outcome, exit.value.versions], ["Appended", [2]])
    }
  }

  it.effect(
    "get the original result for the same append, a mismatch for another stream or content, and harm nobody",
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const all = yield* processes(url, 3)
        const [first] = all
        assert.ok(first !== undefined)
        for (let round = 0; round < ciOrFull(150, 2000); round++) {
          const original = to(`s-${round % 7}`, "any", event({ round }), event({ round }))
          const { firstPosition, lastPosition, versions } = yield* first.append(original)
          const [part] = original.streams
          const { key } = original
          const elsewhere: Append = { key, streams: [{ ...part, stream: "elsewhere" }] }
          const otherwise: Append = {
            key,
            streams: [{ ...part, events: [event({ round, other: true }), part.events[0]] }],
          }
          const redelivered: Append = {
            key,
            streams: [
              { ...part, expected: 77, events: [renamed(part.events[0]), ...part.events.slice(1).map(renamed)] },
            ],
          }
          const results = yield* Effect.forEach(
            all,
            (process) => {
              const [a, b, ...others] = neighbours()
              assert.ok(a !== undefined && b !== undefined)
              return process.appendAll([a, original, elsewhere, b, otherwise, redelivered, ...others])
            },
            together,
          )
          for (const [a, same, other, b, changed, again, ...others] of results) {
            assert.ok(a && same && other && b && changed && again)
            const originally = Exit.succeed<Appended>({ outcome: "Duplicate", firstPosition, lastPosition, versions })
            assert.deepStrictEqual(same, originally)
            assert.deepStrictEqual(again, originally)
            assert.strictEqual(failureOf(other)._tag, "IdempotencyMismatch")
            assert.strictEqual(failureOf(changed)._tag, "IdempotencyMismatch")
            assertUnharmed([a, b, ...others])
          }
        }
        const log = yield* everything(yield* storeAt(url))
        assertDense(log)
        assert.ok(log.every(({ stream }) => stream !== "elsewhere"))
      }),
  )

  it.effect("at the same moment: one content is appended, once, and each is answered by its own", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const all = yield* processes(url, 3)
      for (let round = 0; round < ciOrFull(150, 2000); round++) {
        const key = randomUUID()
        const stream = `race-${round}`
        const variants = [
          to(stream, "any"),
          to(`${stream}-other`, "any"),
          to(stream, "any", event({ other: true })),
        ].map((append): Append => ({ ...append, key }))
        const results = yield* Effect.forEach(
          all,
          (process, index) => process.appendAll([...neighbours(), ...rotated(variants, index)]),
          together,
        )
        const makers: Array<number> = []
        const outcomes = results.flatMap((exits, index) => {
          assertUnharmed(exits.slice(0, 5))
          return exits.slice(5).map((exit, nth) => {
            const variant = (nth + index) % 3
            if (Exit.isFailure(exit)) {
              assert.strictEqual(failureOf(exit)._tag, "IdempotencyMismatch")
              return { variant, position: undefined }
            }
            if (exit.value.outcome === "Appended") makers.push(variant)
            return { variant, position: exit.value.firstPosition }
          })
        })
        assert.strictEqual(makers.length, 1)
        const [winner] = makers
        for (const { variant, position } of outcomes) assert.strictEqual(position !== undefined, variant === winner)
        assert.strictEqual(new Set(outcomes.flatMap(({ position }) => position ?? [])).size, 1)
      }
      assertDense(yield* everything(yield* storeAt(url)))
    }),
  )
})

const renamed = (one: ReturnType<typeof event>) => ({ ...one, id: randomUUID(), metadata: `{"by":"another"}` })

const rotated = <A>(items: ReadonlyArray<A>, by: number): ReadonlyArray<A> => [
  ...items.slice(by),
  ...items.slice(0, by),
]

/** Appends to three streams of five each, in every order, from three processes. Answers how many were appended, and the log. */
const crossing = Effect.fnUntraced(function* (url: Redacted.Redacted, count: number) {
  const names = ["a", "b", "c", "d", "e"]
  const part = (stream: string) => ({ stream, expected: "any", events: [event()] }) as const
  const append = (n: number): Append => {
    const [one = "", two = "", three = ""] = n % 2 === 0 ? rotated(names, n % 5) : rotated(names, n % 5).toReversed()
    return { key: `k-${n}`, streams: [part(one), part(two), part(three)] }
  }
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const all = yield* processes(url, 3)
      const exits = yield* Effect.forEach(
        Array.from({ length: count }, (_, n) => n),
        (n) => Effect.exit(all[n % 3]?.append(append(n)) ?? Effect.die("no process")),
        { concurrency: 48 },
      )
      return { appended: exits.filter(Exit.isSuccess).length, log: yield* everything(yield* storeAt(url)) }
    }),
  )
})

/** How often the server has found a deadlock, once it has counted. */
const deadlocks = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const [row] = yield* rows<{ deadlocks: bigint }>(
    yield* connected(url),
    "select deadlocks from pg_stat_database where datname = current_database()",
  )
  return Number(row?.deadlocks ?? 0n)
})

layer(Layer.fresh(world), live)("three processes that append to the same streams in crossing orders", (it) => {
  it.effect("never meet a deadlock or a statement that fails", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const count = ciOrFull(3000, 30_000)
      const { appended, log } = yield* crossing(url, count)
      assert.deepStrictEqual([appended, log.length], [count, 3 * count])
      assertDense(log)
      assert.strictEqual(yield* Workload.rollbacks(url), 0)
      assert.strictEqual(yield* deadlocks(url), 0)
    }),
  )

  it.effect("would, if each locked its own streams and not the one head", () =>
    Effect.gen(function* () {
      const lockStreams = "perform pg_advisory_xact_lock(hashtext(locked)) from unnest(streams) as locked;"
      const url = yield* sabotaged(
        [[noLock[0], lockStreams]],
        "do $$ begin execute format('alter database %I set deadlock_timeout = 20', current_database()); end $$",
      )
      yield* crossing(url, 600)
      assert.isAbove(yield* Workload.rollbacks(url), 0)
      assert.isAbove(yield* deadlocks(url), 0)
    }),
  )
})
