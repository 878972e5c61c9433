/** Is the log strictly serializable, as several processes see it, while connections are cut and outcomes unknown? */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Random, type Redacted } from "effect"
import { ciOrFull } from "./support/full.ts"
import { anomaliesOf, type HistoryCall, type Seen } from "./support/History.ts"
import { type Fault, proxyTo } from "./support/Proxy.ts"
import { record } from "./support/recording.ts"
import { noConstraints, noLock, sabotaged } from "./support/sabotaged.ts"
import { connected, rows } from "./support/sql.ts"
import { storeProcess } from "./support/StoreProcess.ts"
import { eventually, World } from "./support/World.ts"

const live = { excludeTestServices: true }

const faults: ReadonlyArray<Fault> = [
  "BeforeServer",
  "AfterServer",
  "ResetBeforeServer",
  "ResetAfterServer",
  "HalfOpen",
]

/** What three processes did and saw, each over a way of its own that fails every `every` calls or so. */
const history = Effect.fnUntraced(function* (url: Redacted.Redacted, count: number, every: number, sabotaged = false) {
  let cuts = 0
  const calls = yield* Effect.scoped(
    Effect.gen(function* () {
      const proxies = yield* Effect.all([proxyTo(url), proxyTo(url), proxyTo(url)])
      const options = { answerWithin: 500, timeouts: { connect: 300, statement: 250, answer: 300 } }
      const processes = yield* Effect.forEach(proxies, (proxy) => storeProcess(proxy.url, options), { concurrency: 3 })
      const each = Effect.gen(function* () {
        if ((yield* Random.nextIntBetween(1, every)) !== every) return
        const proxy = proxies[yield* Random.nextIntBetween(0, 2)]
        const kind = yield* Random.nextIntBetween(0, faults.length)
        const fault = faults[kind]
        if (fault !== undefined) return proxy?.arm(fault)
        // Long enough for some callers to be left in doubt.
        proxy?.silence(true)
        yield* Effect.sleep("600 millis")
        proxy?.silence(false)
      })
      const calls = yield* record(processes, { count, clients: 8, each, sabotaged })
      cuts = proxies.reduce((sum, proxy) => sum + proxy.faults(), 0)
      return calls
    }),
  )
  // What was still on its way has come to its end.
  const client = yield* connected(url)
  yield* eventually(
    rows(client, "select from pg_stat_activity where datname = current_database() and application_name = 'paylog'"),
    (open) => open.length === 0,
  )
  const log = yield* rows<Seen>(client, "select position, stream, version, data from paylog.events order by position")
  return { calls, log, cuts }
})

const count = (calls: ReadonlyArray<HistoryCall>, tag: string) =>
  calls.filter((call) => (call.kind === "append" ? call.answer._tag : call.kind) === tag).length

layer(Layer.fresh(Layer.merge(World.layer, DevPostgres.layer)), live)("what three processes did and saw", (it) => {
  const operations = ciOrFull(20_000, 500_000)

  it.effect(
    `has one order that explains it all, over ${operations} calls and the cuts among them`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const { calls, log, cuts } = yield* history(url, operations, 150)
        assert.deepStrictEqual(anomaliesOf(calls, log), [])
        // And it was not a quiet one.
        assert.isAtLeast(calls.length, operations * 0.9)
        assert.isAtLeast(cuts, operations / 400)
        for (const tag of ["Duplicate", "VersionConflict", "IdempotencyMismatch", "Unknown"]) {
          assert.isAtLeast(count(calls, tag), 20, tag)
        }
      }),
    3_600_000,
  )

  it.effect("has none where appenders read, check and write without waiting for each other", () =>
    Effect.gen(function* () {
      const url = yield* sabotaged([noLock], noConstraints)
      const { calls, log } = yield* history(url, 2000, 1_000_000, true)
      const names = new Set(anomaliesOf(calls, log).map(({ name }) => name))
      assert.isTrue(names.has("gap in versions") && names.has("gap in positions"), [...names].join(", "))
    }),
  )
})
