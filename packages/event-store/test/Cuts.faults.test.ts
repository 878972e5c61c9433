/** The log behind a network and a server that fail in every way a small proxy can make them. */
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Random, type Redacted } from "effect"
import { randomUUID } from "node:crypto"
import { everything, to } from "../src/conformance/law.ts"
import { ciOrFull } from "./support/full.ts"
import { type Fault, type Proxy, proxyTo } from "./support/Proxy.ts"
import { connected, rows } from "./support/sql.ts"
import { storeAt } from "./support/stores.ts"
import { eventually, World } from "./support/World.ts"
import * as Workload from "./support/workload.ts"

const live = { excludeTestServices: true }

/** A statement that nobody answers is given up soon, so that many of them fit into a test. */
const impatient = { answerWithin: 9000, timeouts: { connect: 500, statement: 400, answer: 500 } }

/** Through two proxies, two stores append the same, while `fail` does its worst every so many calls. */
const underFaults = Effect.fnUntraced(function* (
  url: Redacted.Redacted,
  options: {
    readonly count: number
    readonly every: number
    readonly fail: (proxies: ReadonlyArray<Proxy>, nth: number) => Effect.Effect<void>
  },
) {
  const proxies = yield* Effect.all([proxyTo(url), proxyTo(url)])
  const stores = yield* Effect.forEach(proxies, (proxy) => storeAt(proxy.url, impatient))
  let calls = 0
  const each = Effect.suspend(() =>
    ++calls % options.every === 0 ? options.fail(proxies, calls / options.every) : Effect.void,
  )
  const done = yield* Workload.run(stores, { count: options.count, callers: 24, each })
  yield* Workload.assertExact(yield* storeAt(url), done.answered)
  assert.isBelow(done.slowestMs, 10_000)
  return { ...done, faults: proxies.reduce((sum, proxy) => sum + proxy.faults(), 0), stores, proxies }
})

const cuts: ReadonlyArray<Fault> = ["BeforeServer", "AfterServer", "ResetBeforeServer", "ResetAfterServer"]

layer(Layer.fresh(World.layer), live)("connections that are cut at the commit", (it) => {
  const wanted = ciOrFull(240, 1200)

  it.effect(
    `lose and double nothing, and every caller gets the one true answer in time, over ${wanted} cuts`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const { answered, repeats, faults } = yield* underFaults(url, {
          count: wanted * 12,
          every: 10,
          fail: (proxies, nth) =>
            Effect.sync(() => proxies[nth % 2]?.arm(cuts[(nth >> 1) % cuts.length] ?? "AfterServer")),
        })
        assert.isAtLeast(faults, wanted)
        assert.strictEqual(repeats, 0)
        assert.ok(Workload.makers(answered).every((count) => count === 1))
      }),
    600_000,
  )

  it.effect("double what is repeated under another key", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const proxy = yield* proxyTo(url)
      const store = yield* storeAt(proxy.url, { answerWithin: 200, timeouts: { connect: 100 } })
      const whole = yield* storeAt(url)
      const stream = randomUUID()
      yield* eventually(Effect.exit(store.append(to(randomUUID(), "any"))), (exit) => exit._tag === "Success")
      proxy.arm("AfterServer")
      // Once cut, the store does not come back in time, so that its caller is left in doubt.
      proxy.refuse(true, "Keep")
      assert.strictEqual((yield* Effect.flip(store.append(to(stream, "any"))))._tag, "StoreUnavailable")
      assert.strictEqual(proxy.faults(), 1)
      proxy.refuse(false)
      yield* eventually(Effect.exit(store.append(to(stream, "any"))), (exit) => exit._tag === "Success")
      assert.strictEqual((yield* whole.readStream(stream)).length, 2)
    }),
  )
})

layer(Layer.fresh(World.layer), live)(
  "connections that stay open and are dead, or pass everything byte by byte",
  (it) => {
    it.effect("lose and double nothing", () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const { faults } = yield* underFaults(url, {
          count: 1200,
          every: 40,
          fail: (proxies, nth) =>
            Effect.sync(() => {
              if (nth % 4 === 0) proxies[0]?.arm("HalfOpen")
              for (const proxy of proxies) proxy.slice(nth % 2 === 0)
            }),
        })
        assert.isAtLeast(faults, 5)
      }),
    )
  },
)

layer(Layer.fresh(World.layer), live)("a server that ends sessions", (it) => {
  const wanted = ciOrFull(100, 600)

  it.effect(
    `makes nobody lose, double or wait, over ${wanted} sessions that were ended`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const client = yield* connected(url)
        let ended = 0
        const { repeats } = yield* underFaults(url, {
          count: wanted * 30,
          every: 25,
          fail: () =>
            Effect.map(
              rows(
                client,
                `select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and application_name = 'paylog'`,
              ),
              (found) => void (ended += found.length),
            ),
        })
        assert.isAtLeast(ended, wanted)
        assert.strictEqual(repeats, 0)
      }),
    600_000,
  )
})

layer(Layer.fresh(World.layer), live)("a network that swallows everything", (it) => {
  const wanted = ciOrFull(6, 100)

  it.effect(
    `loses and doubles nothing, keeps no call for 10 s, and is well 5 s after it heals, over ${wanted} silences`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const proxy = yield* proxyTo(url)
        const store = yield* storeAt(proxy.url, { ...impatient, answerWithin: 1500 })
        let heals = 0
        const silences = Effect.gen(function* () {
          yield* Effect.sleep("100 millis")
          proxy.silence(true)
          yield* Effect.sleep(yield* Random.nextIntBetween(100, 1200))
          proxy.silence(false)
          yield* eventually(
            Effect.exit(store.append(to("probe", "any"))),
            (exit) => exit._tag === "Success",
            "5 seconds",
          )
          heals += 1
        })
        const all = yield* Effect.forkChild(Effect.repeat(silences, { times: wanted - 1 }))
        const each = Effect.sleep("10 millis")
        const results: Array<Effect.Success<ReturnType<typeof Workload.run>>> = []
        while (all.pollUnsafe() === undefined) {
          results.push(yield* Workload.run([store], { count: 300, callers: 24, each }))
        }
        yield* Fiber.join(all)
        assert.strictEqual(heals, wanted)
        const answered = results.flatMap((result) => result.answered)
        const others = (yield* everything(yield* storeAt(url))).filter(({ stream }) => stream !== "probe")
        assert.strictEqual(others.length, answered.length)
        assert.strictEqual(new Set(others.map(({ data }) => data)).size, answered.length)
        assert.isBelow(Math.max(...results.map(({ slowestMs }) => slowestMs)), 10_000)
      }),
    600_000,
  )

  it.effect("is reported within 10 s with the time-outs that one gets without asking, to writers and readers", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const proxy = yield* proxyTo(url)
      const store = yield* storeAt(proxy.url)
      yield* store.append(to("a", "none"))
      yield* store.head
      const patient = yield* storeAt(proxy.url, { answerWithin: 600_000, timeouts: { statement: 0, answer: 0 } })
      yield* patient.append(to("p", "none"))
      proxy.silence(true)
      const forever = yield* Effect.forkChild(patient.append(to("p", 1)))
      const begun = yield* Clock.currentTimeMillis
      const asked = [
        Effect.asVoid(store.append(to("a", 1))),
        Effect.asVoid(store.head),
        Effect.asVoid(store.readStream("a")),
      ]
      const errors = yield* Effect.forEach(asked, Effect.flip, { concurrency: "unbounded" })
      assert.isBelow((yield* Clock.currentTimeMillis) - begun, 10_000)
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        ["StoreUnavailable", "StoreUnavailable", "StoreUnavailable"],
      )
      // Without time-outs nobody would be told.
      assert.isUndefined(forever.pollUnsafe())
      proxy.silence(false)
      proxy.cut()
      yield* eventually(Effect.exit(store.append(to("b", "none"))), (exit) => exit._tag === "Success", "5 seconds")
      yield* eventually(Effect.exit(store.head), (exit) => exit._tag === "Success", "5 seconds")
    }),
  )
})
