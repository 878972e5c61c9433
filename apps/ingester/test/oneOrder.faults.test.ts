/** Never a second order for one invoice, whatever the provider and the processes do; and one for each in the end. */
import { assert, layer } from "@effect/vitest"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Invoice from "@paylog/domain/Invoice"
import * as Invoices from "@paylog/payments/Invoices"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { Clock, Console, Effect, Random } from "effect"
import { startIngester } from "./support/process.ts"
import { eventually, history, issued, shop, statusOf } from "./support/shop.ts"

const invoices = 200
const processes = 3
const kills = 8

const ordersById = Effect.gen(function* () {
  const { world } = yield* Control
  const { stores } = yield* world
  return Map.groupBy(
    [...stores.values()].flatMap((store) => store.orders),
    ({ request }) => request.externalId,
  )
})

const start = Effect.flatMap(Control, ({ baseUrl }) =>
  startIngester({ WALLETPAY_BASE_URL: baseUrl, SWEEP_EVERY: "2 seconds", POLL_FIRST: "1 second" }),
)

layer(shop, { excludeTestServices: true })("orders under faults", (it) => {
  it.effect(
    "are one for each invoice, while processes are killed and the provider fails before and after it creates them",
    () =>
      Effect.gen(function* () {
        const { configure, inject } = yield* Control
        yield* configure({ answers: { faultPercent: 40 } })
        yield* inject({ on: "create", when: "after", times: 5, kind: "stall" })
        const began = yield* Clock.currentTimeMillis
        const ids = yield* Effect.replicateEffect(issued, invoices, { concurrency: 8 })

        const place = Effect.gen(function* () {
          for (let kill = 0; kill < kills; kill++)
            yield* Effect.scoped(
              Effect.gen(function* () {
                const { kill, exited } = yield* start
                yield* Effect.sleep(yield* Random.nextIntBetween(200, 3000))
                kill("SIGKILL")
                yield* Effect.promise(() => exited)
              }),
            )
        })
        yield* Effect.replicateEffect(place, processes, { concurrency: processes })
        const midway = yield* ordersById
        yield* configure({ answers: { faultPercent: 0 } })
        yield* Effect.replicateEffect(start, processes, { concurrency: processes })
        yield* eventually(
          Effect.map(Effect.forEach(ids, statusOf, { concurrency: 16 }), (statuses) =>
            statuses.every((status) => status === "AwaitingPayment"),
          ),
          "4 minutes",
        )
        const orders = yield* ordersById
        assert.strictEqual(orders.size, invoices)
        let unknown = 0
        for (const id of ids) {
          const [order, ...others] = orders.get(id) ?? []
          assert.strictEqual(others.length, 0)
          const invoice = yield* Invoices.get(id)
          assert(invoice._tag === "AwaitingPayment")
          assert.strictEqual(invoice.order.orderId, order?.id)
          const events = yield* history(id)
          assert.strictEqual(events.filter((event) => event.startsWith("ProviderOrderRequested")).length, 1)
          assert.isFalse(events.some((event) => event.startsWith("ProviderOrderConflicted")))
          if (events.some((event) => event.startsWith("ProviderOutcomeUnknown"))) unknown++
        }
        assert.isAbove(unknown, 0)
        yield* Console.log(
          `${invoices} invoices, ${processes * kills} kills, ${midway.size} orders by then: one order each, ${unknown} of them unknown for a while, after ${Math.round(((yield* Clock.currentTimeMillis) - began) / 1000)} s`,
        )
      }),
    600_000,
  )
})

layer(shop, { excludeTestServices: true })("an order that was asked for when the process died", (it) => {
  it.effect(
    "is asked for again by the next process, since the work that is due outlives it",
    () =>
      Effect.gen(function* () {
        const { inject, baseUrl, world } = yield* Control
        const never = { WALLETPAY_BASE_URL: baseUrl, SWEEP_EVERY: "7 days", POLL_FIRST: "7 days" }
        yield* inject({ on: "create", when: "before", times: 1, kind: "stall" })
        const id = yield* Effect.scoped(
          Effect.gen(function* () {
            const { kill, exited } = yield* startIngester(never)
            const id = yield* issued
            yield* eventually(Effect.map(world, ({ faults }) => faults.length === 0))
            kill("SIGKILL")
            yield* Effect.promise(() => exited)
            return id
          }),
        )
        assert.strictEqual(yield* statusOf(id), "Requested")
        yield* startIngester(never)
        yield* eventually(
          Effect.map(statusOf(id), (status) => status === "AwaitingPayment"),
          "60 seconds",
        )
        assert.deepStrictEqual((yield* history(id)).slice(-2), [
          "ProviderOutcomeUnknown Worker",
          "ProviderOrderOpened Worker",
        ])
        const events = yield* EventStore.use((store) => store.readStream(Invoice.stream(id)))
        assert.strictEqual(events.length, 4)
      }),
    120_000,
  )
})
