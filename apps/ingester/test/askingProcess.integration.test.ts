/** The ingester as a process whose webhooks are lost: what it finds by asking the provider. */
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Metadata from "@paylog/payments/Metadata"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { Clock, Effect } from "effect"
import { post, signed } from "./support/delivery.ts"
import { startIngester } from "./support/process.ts"
import { eventually, issued, shop, statusOf } from "./support/shop.ts"

const never = { SWEEP_EVERY: "7 days", POLL_FIRST: "7 days", POLL_AT_MOST: "7 days" }

/** An ingester that nobody's webhook reaches. */
const started = (env: Record<string, string>) =>
  Effect.flatMap(Control, ({ baseUrl }) => startIngester({ WALLETPAY_BASE_URL: baseUrl, ...env }))

const are = (ids: ReadonlyArray<InvoiceId>, status: string) =>
  Effect.map(Effect.forEach(ids, statusOf), (all) => all.every((each) => each === status))

const orders = (count: number) =>
  Effect.tap(Effect.replicateEffect(issued, count), (ids) => eventually(are(ids, "AwaitingPayment")))

/** When the log learned of the payment, and how. */
const learned = (id: InvoiceId) =>
  EventStore.use((store) =>
    Effect.map(store.readStream(Invoice.stream(id)), (events) => {
      const received = events.find(({ type }) => type === "PaymentReceived")
      return received && { atMs: received.recordedAtMs, source: Metadata.of(received).source }
    }),
  )

/** The sweep of the start is over, and the next one is far away. */
const rests = Database.use(({ query }) =>
  Effect.map(
    query<{ readonly far: boolean }>({
      name: "test-rests",
      text: "select due_at > now() + interval '1 day' and lease_until <= now() as far from paylog.work where queue = 'sweep'",
    }),
    ([item]) => item?.far === true,
  ),
)

const metrics = (port: number) =>
  Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text()))

const circuitIs = (open: 0 | 1, port: number) =>
  Effect.map(metrics(port), (text) =>
    text.split("\n").some((line) => line.startsWith("paylog_provider_circuit_open{") && line.endsWith(`} ${open}`)),
  )

layer(shop, { excludeTestServices: true })("while every webhook is lost", (it) => {
  it.effect(
    "a sweep finds every payment within two periods, and is counted; without sweeps and polls none is found",
    () =>
      Effect.gen(function* () {
        const { pay } = yield* Control
        const everyMs = 2000
        const ids = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* started(never)
            const ids = yield* orders(10)
            yield* Effect.forEach(ids, (id) => pay(id))
            yield* Effect.sleep(2 * everyMs)
            assert.isTrue(yield* are(ids, "AwaitingPayment"))
            return ids
          }),
        )
        const { port } = yield* started({ ...never, SWEEP_EVERY: `${everyMs} millis` })
        yield* eventually(are(ids, "Paid"))

        const others = yield* orders(10)
        const paidAtMs = yield* Clock.currentTimeMillis
        yield* Effect.forEach(others, (id) => pay(id))
        yield* eventually(are(others, "Paid"))
        for (const id of others) {
          const { source, atMs } = yield* Effect.fromNullishOr(yield* learned(id))
          assert.strictEqual(source, "Sweep")
          assert.isAtMost(atMs - paidAtMs, 2 * everyMs)
        }
        const text = yield* metrics(port)
        assert.match(text, /^paylog_recovered_total\{[^}]*source="Sweep"[^}]*what="payment"[^}]*\} 20$/m)
        assert.match(text, /^paylog_sweep_offset\{[^}]*\} \d+$/m)
        assert.match(text, /^paylog_sweep_lag_seconds\{[^}]*\} \d/m)
        assert.match(text, /^paylog_sweep_count_difference\{[^}]*\} 0$/m)
        assert.match(text, /^paylog_provider_circuit_open\{[^}]*\} 0$/m)
      }),
  )

  it.effect("a poll finds a payment before the sweep comes to it", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      yield* started({ ...never, POLL_FIRST: "200 millis", POLL_AT_MOST: "1 second" })
      const [id] = yield* orders(1)
      assert(id !== undefined)
      yield* pay(id)
      yield* eventually(are([id], "Paid"))
      assert.strictEqual((yield* learned(id))?.source, "Poll")
    }),
  )

  it.effect("a delivery that is too large has the sweep look at once; without parts of a signature it does not", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      const { port } = yield* started(never)
      const [id] = yield* orders(1)
      assert(id !== undefined)
      // Another test's process may have been killed as it swept.
      yield* eventually(rests, "60 seconds")
      yield* pay(id)
      const large = signed("x".repeat(64 * 1024 + 1))
      const send = (headers: ReadonlyArray<string>) => Effect.promise(() => post({ ...large, headers }, port))
      assert.strictEqual((yield* send(["Content-Type", "application/json"])).status, 413)
      assert.isTrue(yield* rests)
      assert.strictEqual((yield* send(large.headers)).status, 413)
      assert.isFalse(yield* rests)
      yield* eventually(are([id], "Paid"))
      assert.strictEqual((yield* learned(id))?.source, "Sweep")
    }),
  )

  it.effect("a provider that is dead is left alone; no invoice fails, and each has its order when it is back", () =>
    Effect.gen(function* () {
      const { inject, clearFaults, world } = yield* Control
      const { port } = yield* started(never)
      yield* inject({ on: "any", when: "before", times: 1_000_000, kind: "answer", code: 503 })
      const calls = Effect.map(world, ({ faults }) => faults.reduce((left, fault) => left - fault.times, 1_000_000))
      const first = yield* Effect.replicateEffect(issued, 5)
      yield* eventually(circuitIs(1, port))
      const later = yield* Effect.replicateEffect(issued, 5)
      // One look that has failed later, and with it 5 s.
      const [before, since] = [yield* calls, yield* Clock.currentTimeMillis]
      yield* eventually(Effect.map(calls, (now) => now >= before + 2))
      assert.isAtLeast((yield* Clock.currentTimeMillis) - since, 4_500)
      assert.isTrue(yield* are(later, "Issued"))
      assert.isTrue(yield* are(first, "Unknown"))
      const ids = [...first, ...later]
      yield* clearFaults
      yield* eventually(are(ids, "AwaitingPayment"), "30 seconds")
      yield* eventually(Effect.map(metrics(port), (text) => /^paylog_provider_circuit_open\{[^}]*\} 0$/m.test(text)))
    }),
  )
})
