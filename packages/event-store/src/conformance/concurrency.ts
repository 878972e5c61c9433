/** Laws of many callers at once. */
import { Effect, Fiber, Result } from "effect"
import assert from "node:assert/strict"
import type { Append } from "../EventStore.ts"
import { assertConflict, assertDense, event, everything, law, several, to, together } from "./law.ts"

const times = (count: number) => Array.from({ length: count }, (_, n) => n)

export const concurrency = [
  law(
    "lets exactly one of 64 racing appends win each version",
    Effect.fnUntraced(function* (store) {
      for (let version = 0; version < 40; version++) {
        const results = yield* Effect.forEach(
          times(64),
          (n) => Effect.result(store.append(to("a", version, event({ n })))),
          together,
        )
        const [winner, ...more] = results.filter(Result.isSuccess)
        assert.equal(more.length, 0)
        assert.deepEqual(winner?.success.versions, [version + 1])
        for (const loser of results.filter(Result.isFailure)) {
          assertConflict(loser.failure, { stream: "a", expected: version, actual: version + 1 })
        }
      }
      const log = yield* everything(store)
      assert.equal(log.length, 40)
      assertDense(log)
    }),
  ),

  law(
    "lets everyone through who loads again and decides again",
    Effect.fnUntraced(function* (store) {
      const persist = (n: number): Effect.Effect<void, unknown> =>
        Effect.gen(function* () {
          const [last] = yield* store.readStream("a", { direction: "Backwards", limit: 1 })
          const append = to("a", last?.version ?? "none", event({ n }))
          yield* Effect.catchTag(store.append(append), "VersionConflict", () => persist(n))
        })
      yield* Effect.forEach(times(24), persist, together)
      const log = yield* everything(store)
      assertDense(log)
      assert.equal(new Set(log.map((event) => event.data)).size, 24)
    }),
  ),

  law(
    "appends across streams in crossing orders without a deadlock",
    Effect.fnUntraced(function* (store) {
      const names = ["a", "b", "c", "d"]
      const part = (stream: string) => ({ stream, expected: "any", events: [event()] }) as const
      yield* Effect.forEach(
        times(200),
        (n) => {
          const [first, second] = [names[n % 4] ?? "", names[(n + 1 + (n % 3)) % 4] ?? ""]
          return store.append({ key: `k-${n}`, streams: [part(first), part(second)] })
        },
        together,
      )
      const log = yield* everything(store)
      assert.equal(log.length, 400)
      assertDense(log)
    }),
  ),

  law(
    "spares the neighbours of an append that cannot be made",
    Effect.fnUntraced(function* (store) {
      const broken = (n: number) => ({ ...event(), data: n % 2 === 0 ? "{" : `{"a":tru}` })
      const results = yield* Effect.forEach(
        times(60),
        (n) => Effect.exit(store.append(to(`s-${n}`, "none", n % 20 === 7 ? broken(n) : event()))),
        together,
      )
      for (const [n, exit] of results.entries()) {
        assert.equal(exit._tag, n % 20 === 7 ? "Failure" : "Success")
      }
      assert.equal((yield* everything(store)).length, 57)
    }),
  ),

  law(
    "makes an append of an interrupted caller once or not at all, and once when it is repeated",
    Effect.fnUntraced(function* (store) {
      const appends: ReadonlyArray<Append> = times(300).map((n) => to(`s-${n % 30}`, "any", event({ n }), event({ n })))
      yield* Effect.forEach(
        appends,
        (append, n) =>
          Effect.gen(function* () {
            const fiber = yield* Effect.forkChild(store.append(append), { startImmediately: true })
            if (n % 3 === 0) yield* Effect.yieldNow
            if (n % 3 === 1) yield* Effect.sleep(n % 7)
            yield* Fiber.interrupt(fiber)
          }),
        { concurrency: 50 },
      )
      const before = yield* everything(store)
      assertDense(before)
      assert.ok(before.length % 2 === 0)
      yield* Effect.forEach(appends, store.append, together)
      const log = yield* everything(store)
      assertDense(log)
      assert.equal(log.length, 600)
      assert.equal(new Set(log.map((event) => event.data)).size, 300)
    }),
  ),

  law(
    "shows a reader everything up to any position that it shows",
    Effect.fnUntraced(function* (store) {
      const reader = yield* Effect.forkChild(
        Effect.gen(function* () {
          let seen = 0n
          while (seen < 1200n) {
            for (const { position } of yield* store.readAll(seen, 100)) {
              assert.equal(position, seen + 1n)
              seen = position
            }
            yield* Effect.yieldNow
          }
        }),
      )
      yield* Effect.forEach(times(400), (n) => store.append(to(`s-${n % 13}`, "any", ...several(3))), {
        concurrency: 32,
      })
      yield* Effect.timeout(Fiber.join(reader), "20 seconds")
    }),
  ),
]
