/**
 * The log behind a real PgBouncer that pools transactions. Needs `pgbouncer` (Debian: apt-get install pgbouncer); without
 * it the tests skip, unless `PAYLOG_REQUIRE_PGBOUNCER=1`.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, type Redacted, Stream } from "effect"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import { to } from "../src/conformance/law.ts"
import * as DatabasePostgres from "../src/DatabasePostgres.ts"
import { EventStore } from "../src/EventStore.ts"
import * as EventStorePostgres from "../src/EventStorePostgres.ts"
import { FollowerRunner } from "../src/FollowerRunner.ts"
import * as Wakeups from "../src/Wakeups.ts"
import { binary, pgBouncerTo } from "./support/PgBouncer.ts"
import { probe, seenBy, table } from "./support/Probe.ts"
import { connected, rows } from "./support/sql.ts"
import { storeProcess } from "./support/StoreProcess.ts"
import { storeAt, storeLayer } from "./support/stores.ts"
import { grow, World } from "./support/World.ts"
import * as Workload from "./support/workload.ts"

const isRequired = process.env["PAYLOG_REQUIRE_PGBOUNCER"] === "1"
if (binary === undefined && !isRequired) {
  process.stderr.write("paylog: pgbouncer is not installed, so nothing is tested behind it\n")
}

const live = { excludeTestServices: true }
const pooler = true

/** The database's address, and the way there through the pooler. */
class Pooled extends Context.Service<Pooled, { readonly url: Redacted.Redacted; readonly pooled: Redacted.Redacted }>()(
  "test/Pooled",
) {
  static readonly layer = Layer.effect(
    Pooled,
    Effect.gen(function* () {
      const { url } = yield* World
      return { url, pooled: yield* pgBouncerTo(url) }
    }),
  ).pipe(Layer.provideMerge(World.layer))
}

describe.skipIf(binary === undefined && !isRequired)("behind PgBouncer", () => {
  const store = Layer.unwrap(Pooled.useSync(({ pooled }) => storeLayer(pooled, { pooler }))).pipe(
    Layer.provide(Layer.fresh(Pooled.layer)),
  )
  layer(store, live)("the log", (it) => {
    for (const { title, check } of laws) it.effect(title, () => check)
  })

  layer(Layer.fresh(Pooled.layer), live)("several processes", (it) => {
    it.effect("append each event once, under the same keys, over fewer connections than they are", () =>
      Effect.gen(function* () {
        const { url, pooled } = yield* Pooled
        const processes = yield* Effect.all(
          Array.from({ length: 4 }, () => storeProcess(pooled, { pooler })),
          { concurrency: "unbounded" },
        )
        const { answered, repeats } = yield* Workload.run(processes, { count: 1500, callers: 48 })
        // They did share: the server has no more sessions than the pool.
        const sessions = yield* rows(
          yield* connected(url),
          "select from pg_stat_activity where datname = current_database() and application_name = 'paylog'",
        )
        assert.isAtMost(sessions.length, 3)
        yield* Workload.assertExact(yield* storeAt(url), answered)
        assert.strictEqual(repeats, 0)
        assert.ok(Workload.makers(answered).every((count) => count === 1))
      }),
    )
  })

  layer(Layer.fresh(Pooled.layer), live)("a follower", (it) => {
    it.effect("applies each event once and in order, and is woken by a connection past the pooler", () =>
      Effect.gen(function* () {
        const { url, pooled } = yield* Pooled
        // Polls so rarely that only a notification can be in time.
        const log = EventStorePostgres.layer({ url: pooled, pooler }).pipe(
          Layer.provideMerge(Wakeups.layerListen(url, "1 hour")),
          Layer.provideMerge(DatabasePostgres.layer({ url: pooled, pooler, connections: 4 })),
        )
        const services = FollowerRunner.layer().pipe(Layer.provideMerge(log))
        yield* Effect.gen(function* () {
          yield* table
          const { awaitBookmark, run } = yield* FollowerRunner
          yield* Effect.forkScoped(run(probe("f")))
          const last = yield* grow(2000, (n) => `s-${n % 13}`)
          yield* awaitBookmark("f", last, "30 seconds")
          const elsewhere = Context.get(yield* Layer.build(Layer.fresh(log)), EventStore)
          const woken = yield* Deferred.make<void>()
          const listening = yield* EventStore.use(({ changes }) =>
            Stream.runForEach(Stream.drop(changes, 1), () => Deferred.succeed(woken, undefined)),
          ).pipe(Effect.forkScoped)
          const { lastPosition } = yield* elsewhere.append(to("s-0", "any"))
          yield* Effect.timeout(Deferred.await(woken), "10 seconds")
          yield* Fiber.interrupt(listening)
          yield* awaitBookmark("f", lastPosition, "10 seconds")
          const seen = yield* seenBy("f")
          assert.deepStrictEqual(
            seen.map(({ position }) => position),
            Array.from({ length: 2001 }, (_, n) => BigInt(n + 1)),
          )
        }).pipe(Effect.provide(services, { local: true }))
      }),
    )
  })

  layer(Layer.fresh(Pooled.layer), live)("a store that is not told of it", (it) => {
    it.effect("breaks: it sets what the pooler does not take, or names statements that another session has", () =>
      Effect.gen(function* () {
        const { url, pooled } = yield* Pooled
        const refused = yield* Effect.flip(
          (yield* storeAt(pooled, { pooler: false, answerWithin: 1000 })).append(to("a", "any")),
        )
        assert.strictEqual(refused._tag, "StoreUnavailable")
        const lenient = yield* pgBouncerTo(
          url,
          "ignore_startup_parameters = lock_timeout,statement_timeout,idle_in_transaction_session_timeout",
        )
        const stores = yield* Effect.forEach([1, 2, 3, 4], () =>
          storeAt(lenient, { pooler: false, answerWithin: 1000 }),
        )
        const exits = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, n) => stores[n % 4]),
          (store) => (store === undefined ? Effect.die("none") : Effect.exit(store.head)),
          { concurrency: 16 },
        )
        assert.ok(
          exits.some(
            (exit) =>
              exit._tag === "Failure" &&
              /prepared statement .* (already exists|does not exist)/.test(String(exit.cause)),
          ),
        )
      }),
    )
  })
})
