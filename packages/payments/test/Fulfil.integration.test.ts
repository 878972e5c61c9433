/** What was paid for is delivered once, in front of whatever stands in the way. */
import { awaiting, heard } from "@paylog/payments/Samples"
import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Rebuild from "@paylog/event-store/Rebuild"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import * as FulfilByHand from "@paylog/payments/FulfilByHand"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Invoices from "@paylog/payments/Invoices"
import { observe } from "@paylog/payments/Observe"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Refunds from "@paylog/payments/Refunds"
import * as Work from "@paylog/payments/Work"
import { DateTime, Effect, Fiber, Layer, Option, Schedule } from "effect"
import * as Depot from "./support/Depot.ts"
import { because, pay, person } from "./support/money.ts"
import { world } from "./support/world.ts"

const followers = [Work.follower, InvoiceRows.follower, OpenItems.follower]

const running = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  for (const follower of followers) yield* Effect.forkScoped(runner.run(follower))
  return yield* Effect.forkScoped(
    WorkerRunner.run({ ...FulfilInvoice.worker(), retry: { first: "5 millis", atMost: "20 millis" } }),
  )
})

const caughtUp = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  const head = yield* (yield* EventStore).head
  for (const { name } of followers) yield* runner.awaitBookmark(name, head, "20 seconds")
})

/** Waits until the queue is empty: nothing is left to deliver. */
const settled = Effect.gen(function* () {
  yield* caughtUp
  const items = Database.use(({ query }) =>
    query({ name: "test-fulfil-queue", text: `select key from paylog.work where queue = '${FulfilInvoice.queue}'` }),
  )
  yield* items.pipe(
    Effect.repeat({ until: (rows) => rows.length === 0, schedule: Schedule.spaced("5 millis") }),
    Effect.timeout("20 seconds"),
  )
  yield* caughtUp
})

const types = (invoiceId: Invoice.InvoiceId) =>
  EventStore.use((store) =>
    Effect.map(store.readStream(Invoice.stream(invoiceId)), (events) => events.map(({ type }) => type)),
  )

const fulfilments = (all: ReadonlyArray<string>) => all.filter((type) => /Fulfil/.test(type))

const undelivered = (invoiceId: Invoice.InvoiceId) =>
  Effect.map(OpenItems.list(["Undelivered"]), (items) =>
    items.filter(({ stream }) => stream === Invoice.stream(invoiceId)).map(({ reason }) => reason),
  )

const paid = Effect.fnUntraced(function* (...troubles: ReadonlyArray<Depot.Trouble>) {
  const { invoiceId, orderId } = yield* awaiting
  yield* (yield* Depot.Depot).prepare(invoiceId, ...troubles)
  const { observation } = yield* pay(invoiceId, { orderId })
  return { invoiceId, orderId, observation, stream: Invoice.stream(invoiceId) }
})

const whole = { payment: 1, amount: Money.of("USDT", 12_500_000n) }

layer(Depot.layer.pipe(Layer.provideMerge(world)), { excludeTestServices: true })("what was paid for", (it) => {
  it.effect("is delivered, and the log and the read model say so", () =>
    Effect.gen(function* () {
      yield* running
      const { invoiceId } = yield* paid()
      yield* settled
      const { sent } = yield* Depot.Depot
      assert.strictEqual(sent.get(invoiceId), 1)
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
      const state = yield* Invoices.get(invoiceId)
      assert.deepInclude(state._tag === "Absent" ? {} : state.fulfilment, { reference: `parcel/${invoiceId}` })
      const row = Option.getOrThrow(yield* InvoiceRows.find(invoiceId))
      assert.strictEqual(row.status, "Paid")
      assert.isNotNull(row.fulfilledAt)
    }).pipe(Effect.scoped),
  )

  it.effect("is not delivered before the money is applied: held money waits for a person", () =>
    Effect.gen(function* () {
      yield* running
      const ann = yield* person("Ann")
      const { invoiceId, orderId } = yield* awaiting
      const { outcome } = yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
      assert.strictEqual(outcome, "Held")
      yield* settled
      const { calls } = yield* Depot.Depot
      assert.isUndefined(calls.get(invoiceId))
      yield* HeldMoney.accept(invoiceId, 1, because(ann))
      yield* settled
      assert.deepStrictEqual(calls.get(invoiceId), ["fulfil"])
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
    }).pipe(Effect.scoped),
  )

  it.effect("is delivered when what delivers is out of reach five times, or has a defect", () =>
    Effect.gen(function* () {
      yield* running
      const out = { _tag: "Unavailable" } as const
      const { invoiceId } = yield* paid(out, out, { ...out, retryAfterMs: 10 }, { _tag: "Defect" }, out)
      yield* settled
      const { calls, sent } = yield* Depot.Depot
      assert.strictEqual(calls.get(invoiceId)?.length, 6)
      assert.strictEqual(sent.get(invoiceId), 1)
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
      assert.deepStrictEqual(yield* undelivered(invoiceId), [])
    }).pipe(Effect.scoped),
  )

  it.effect("is asked for again under the same key when the answer was lost", () =>
    Effect.gen(function* () {
      yield* running
      const { invoiceId } = yield* paid({ _tag: "AnswerLost" }, { _tag: "AnswerLost" })
      yield* settled
      const { calls, sent } = yield* Depot.Depot
      assert.deepStrictEqual(calls.get(invoiceId), ["fulfil", "fulfil", "fulfil"])
      assert.strictEqual(sent.get(invoiceId), 1)
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
    }).pipe(Effect.scoped),
  )

  it.effect("is never delivered twice, however often the payment is told of or its events are followed", () =>
    Effect.gen(function* () {
      yield* running
      const { invoiceId, observation, stream } = yield* paid()
      yield* settled
      for (const source of ["Webhook", "Sweep", "Poll"] as const)
        assert.strictEqual(yield* observe(observation, { ...heard, about: { ...heard.about, source } }), "Duplicate")
      const events = yield* (yield* EventStore).readStream(stream)
      for (let n = 0; n < 3; n++) {
        yield* (yield* Database).transaction((sql) => Work.follower.apply(events, sql))
        yield* settled
      }
      const { calls } = yield* Depot.Depot
      assert.deepStrictEqual(calls.get(invoiceId), ["fulfil"])
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
    }).pipe(Effect.scoped),
  )

  it.effect("is not delivered by a rebuild, which makes the same rows", () =>
    Effect.gen(function* () {
      const worker = yield* running
      const done = yield* paid()
      yield* settled
      yield* Fiber.interrupt(worker)
      const waiting = yield* paid()
      yield* caughtUp
      for (const projection of [InvoiceRows.follower, OpenItems.follower]) yield* Rebuild.run(projection, { shards: 2 })
      const { calls } = yield* Depot.Depot
      assert.deepStrictEqual(calls.get(done.invoiceId), ["fulfil"])
      assert.isUndefined(calls.get(waiting.invoiceId))
      assert.isNotNull(Option.getOrThrow(yield* InvoiceRows.find(done.invoiceId)).fulfilledAt)
      assert.isNull(Option.getOrThrow(yield* InvoiceRows.find(waiting.invoiceId)).fulfilledAt)
    }).pipe(Effect.scoped),
  )

  it.effect("needs a person when it cannot be delivered, who has it tried again, also twice", () =>
    Effect.gen(function* () {
      yield* running
      const ann = yield* person("Ann")
      const { invoiceId } = yield* paid(
        { _tag: "Cannot", reason: "OutOfStock" },
        { _tag: "Cannot", reason: "no code!" },
      )
      yield* settled
      assert.deepStrictEqual(yield* undelivered(invoiceId), ["OutOfStock"])
      assert.deepStrictEqual(yield* FulfilByHand.retry(invoiceId, because(ann)), { isNew: true, reference: undefined })
      yield* settled
      assert.deepStrictEqual(yield* undelivered(invoiceId), ["Unspecified"])
      yield* FulfilByHand.retry(invoiceId, because(ann))
      yield* settled
      assert.deepStrictEqual(yield* undelivered(invoiceId), [])
      assert.deepStrictEqual(yield* FulfilByHand.retry(invoiceId, because(ann)), {
        isNew: false,
        reference: `parcel/${invoiceId}`,
      })
      assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), [
        "FulfilmentFailed",
        "FulfilmentRetried",
        "FulfilmentFailed",
        "FulfilmentRetried",
        "InvoiceFulfilled",
      ])
    }).pipe(Effect.scoped),
  )

  it.effect("is delivered by hand, once, whatever the worker does at the same time", () =>
    Effect.gen(function* () {
      yield* running
      const ann = yield* person("Ann")
      const failed = yield* paid({ _tag: "Cannot", reason: "ByHand" })
      yield* settled
      const record = FulfilByHand.record(failed.invoiceId, "parcel 4711", because(ann))
      assert.deepStrictEqual(yield* record, { isNew: true, reference: "parcel 4711" })
      assert.deepStrictEqual(yield* record, { isNew: false, reference: "parcel 4711" })
      yield* caughtUp
      assert.deepStrictEqual(yield* undelivered(failed.invoiceId), [])
      const raced = yield* paid()
      const all = Array.from({ length: 6 }, (_, n) =>
        n % 2 === 0
          ? Effect.asVoid(FulfilByHand.record(raced.invoiceId, `parcel ${n}`, because(ann)))
          : FulfilInvoice.fulfil(raced.invoiceId),
      )
      yield* Effect.all(all, { concurrency: "unbounded" })
      yield* settled
      assert.deepStrictEqual(fulfilments(yield* types(raced.invoiceId)), ["InvoiceFulfilled"])
    }).pipe(Effect.scoped),
  )

  it.effect("can be given back when it was delivered, and what was delivered is known when its money goes back", () =>
    Effect.gen(function* () {
      const worker = yield* running
      const ann = yield* person("Ann")
      const delivered = yield* paid()
      yield* settled
      yield* Refunds.request(delivered.stream, whole, because(ann))
      const refunding = yield* Invoices.get(delivered.invoiceId)
      assert.strictEqual(refunding._tag, "RefundPending")
      yield* caughtUp
      const row = Option.getOrThrow(yield* InvoiceRows.find(delivered.invoiceId))
      assert.deepInclude(row, { status: "RefundPending" })
      assert.isNotNull(row.fulfilledAt)

      // Delivered, and the process died before it was told; then somebody gave the money back.
      yield* Fiber.interrupt(worker)
      const { calls, sent } = yield* Depot.Depot
      const late = yield* paid({ _tag: "AnswerLost" })
      yield* Effect.ignore(FulfilInvoice.fulfil(late.invoiceId))
      const never = yield* paid()
      for (const { stream } of [late, never]) yield* Refunds.request(stream, whole, because(ann))
      yield* Effect.forkScoped(WorkerRunner.run(FulfilInvoice.worker()))
      yield* settled
      assert.deepStrictEqual(calls.get(late.invoiceId), ["fulfil", "find"])
      assert.deepStrictEqual(fulfilments(yield* types(late.invoiceId)), ["InvoiceFulfilled"])
      assert.deepStrictEqual(calls.get(never.invoiceId), ["find"])
      assert.isUndefined(sent.get(never.invoiceId))
      assert.deepStrictEqual(fulfilments(yield* types(never.invoiceId)), [])
    }).pipe(Effect.scoped),
  )

  it.effect("is delivered once its refund is withdrawn, and for whoever pays after a refund", () =>
    Effect.gen(function* () {
      const worker = yield* running
      yield* Fiber.interrupt(worker)
      const ann = yield* person("Ann")
      const withdrawn = yield* paid()
      const { refundId } = yield* Refunds.request(withdrawn.stream, whole, because(ann))
      const again = yield* paid()
      yield* Refunds.request(again.stream, whole, because(ann))
      yield* Effect.forkScoped(WorkerRunner.run(FulfilInvoice.worker()))
      yield* settled
      yield* Refunds.withdraw(withdrawn.stream, refundId, because(ann))
      yield* pay(again.invoiceId, { orderId: `${again.orderId}2` })
      yield* settled
      for (const { invoiceId } of [withdrawn, again]) {
        assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
        assert.deepStrictEqual(fulfilments(yield* types(invoiceId)), ["InvoiceFulfilled"])
      }
    }).pipe(Effect.scoped),
  )

  it.effect("is open again when it failed, its money went back, and somebody pays anew", () =>
    Effect.gen(function* () {
      yield* running
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { invoiceId, orderId, stream } = yield* paid({ _tag: "Cannot", reason: "OutOfStock" })
      yield* settled
      const { refundId } = yield* Refunds.request(stream, whole, because(ann))
      const evidence = { sent: whole.amount, sentAt: yield* DateTime.now, way: "transfer", reference: "T-1" }
      yield* Refunds.record(stream, refundId, evidence, because(ben))
      yield* settled
      assert.deepStrictEqual(yield* undelivered(invoiceId), [])
      yield* pay(invoiceId, { orderId: `${orderId}2` })
      yield* settled
      assert.deepStrictEqual(yield* undelivered(invoiceId), ["OutOfStock"])
    }).pipe(Effect.scoped),
  )
})
