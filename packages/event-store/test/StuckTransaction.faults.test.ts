/** A transaction that does not end: it delays, and loses nothing. */
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer } from "effect"
import { assertDense, everything, to } from "../src/conformance/law.ts"
import { ciOrFull } from "./support/full.ts"
import { connected, elsewhere, rows } from "./support/sql.ts"
import { storeAt } from "./support/stores.ts"
import { eventually, World } from "./support/World.ts"

const live = { excludeTestServices: true }

layer(Layer.fresh(World.layer), live)("a transaction that holds the head and does not end", (it) => {
  const held = ciOrFull(7000, 60_000)

  it.effect(
    `is told of to every writer in time, stops no reader, and is over within a second once it ends, after ${held} ms`,
    () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const store = yield* storeAt(url)
        const patient = yield* storeAt(url, { answerWithin: 600_000 })
        yield* Effect.forEach(Array.from({ length: 20 }), () => store.append(to("a", "any")))
        const stuck = yield* connected(url)
        yield* rows(stuck, "begin")
        yield* rows(stuck, "select from paylog.head for update")
        const begun = yield* Clock.currentTimeMillis

        const waits = yield* Effect.forkChild(patient.append(to("patient", "none")))
        let answered = 0
        const writers = yield* Effect.forkChild(
          Effect.forEach(
            Array.from({ length: 30 }, (_, n) => `s-${n}`),
            (stream) =>
              Effect.gen(function* () {
                const asked = yield* Clock.currentTimeMillis
                const error = yield* Effect.flip(store.append(to(stream, "none")))
                assert.strictEqual(error._tag, "StoreUnavailable")
                assert.isBelow((yield* Clock.currentTimeMillis) - asked, 6000)
                answered += 1
              }),
            { concurrency: "unbounded" },
          ),
        )
        while ((yield* Clock.currentTimeMillis) - begun < held) {
          const asked = yield* Clock.currentTimeMillis
          assert.strictEqual((yield* store.readAll(0n, 100)).length, 20)
          assert.strictEqual((yield* store.readStream("a")).length, 20)
          assert.isBelow((yield* Clock.currentTimeMillis) - asked, 1000)
          yield* Effect.sleep("50 millis")
        }
        yield* Fiber.join(writers)
        assert.strictEqual(answered, 30)
        assert.isUndefined(waits.pollUnsafe())

        yield* rows(stuck, "rollback")
        yield* eventually(Effect.exit(store.append(to("b", "any"))), (exit) => exit._tag === "Success", "1 second")
        assert.strictEqual((yield* Fiber.join(waits)).outcome, "Appended")
        // Those that were told nothing certain were not made, or once.
        const log = yield* everything(store)
        assertDense(log)
        for (const { stream, version } of log) if (stream.startsWith("s-")) assert.strictEqual(version, 1)
      }),
    300_000,
  )
})

layer(Layer.fresh(World.layer), live)("a transaction that only stays open, in this database or another", (it) => {
  it.effect("neither stops writers nor hides from readers what is written meanwhile", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const other = elsewhere(url, (to) => (to.pathname = "/postgres"))
      for (const at of [url, other]) {
        const open = yield* connected(at)
        yield* rows(open, "begin isolation level repeatable read")
        // A snapshot and a transaction id of its own: what readers that wait for the oldest transaction would wait for.
        yield* rows(open, "select pg_current_xact_id()")
      }
      const store = yield* storeAt(url)
      for (let n = 0; n < 200; n++) {
        const { lastPosition } = yield* store.append(to("a", n))
        const [seen] = yield* store.readAll(lastPosition - 1n, 10)
        assert.strictEqual(seen?.position, lastPosition)
      }
    }),
  )
})
