/** The sweep over the simulator's list. No webhook is ever sent here. */
import { assert, layer } from "@effect/vitest"
import { type ListLine, PaymentProvider, ProviderUnavailable } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { openOrder } from "@paylog/payments/OpenOrder"
import { OrderList } from "@paylog/payments/OrderList"
import * as Work from "@paylog/payments/Work"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { Array, Duration, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { about, comesBack, history, issued, ordered, shop, spoiled, statusOf, sweeps } from "./support/shop.ts"

const run = (text: string) => Database.use(({ query }) => query({ name: `test-${randomUUID()}`, text }))

const progress = OrderList.use((orders) =>
  Effect.flatMap(orders.find("wallet-pay"), (found) => Effect.fromNullishOr(found)),
)

/** An order of the same store that this shop never asked for. */
const foreign = Effect.gen(function* () {
  const { world, create } = yield* Control
  const { stores } = yield* world
  const [store] = [...stores.values()]
  if (store === undefined) return yield* Effect.die("no store")
  const externalId = `another shop's ${store.orders.length}`
  yield* create(store, {
    amount: { currencyCode: "USD", amount: "5.00" },
    externalId,
    description: "Something else",
    timeoutSeconds: 3600,
    customerTelegramUserId: "1",
  })
  return externalId
})

/** What the follower does when it comes to these events. */
const follow = Effect.gen(function* () {
  const events = yield* EventStore.use((store) => store.readAll(0n, 10_000))
  yield* Database.use(({ transaction }) => transaction((sql) => Work.follower.apply(events, sql)))
})

layer(shop, { excludeTestServices: true })("the sweep", (it) => {
  it.effect("finds a payment of an order that it passed while it was open, and says that it was the sweep", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      yield* sweeps()
      const ids = yield* Effect.replicateEffect(ordered, 3)
      const [first, second, third] = ids
      assert(first !== undefined && second !== undefined && third !== undefined)
      yield* pay(first)
      yield* sweeps()
      assert.deepStrictEqual(yield* Effect.forEach(ids, statusOf), ["Paid", "AwaitingPayment", "AwaitingPayment"])
      yield* pay(third)
      yield* sweeps()
      yield* pay(second)
      yield* sweeps()
      assert.deepStrictEqual(yield* Effect.forEach(ids, statusOf), ["Paid", "Paid", "Paid"])
      assert.deepStrictEqual((yield* history(second)).slice(-2), ["PaymentReceived Sweep", "InvoicePaid Sweep"])
      const { offset, passed, completed } = yield* progress
      assert.deepInclude({ offset, passed, ...completed }, { offset: 3, passed: 3, count: 3, difference: 0 })
    }),
  )

  it.effect("records nothing twice, however often it sweeps, also when it reads closed orders again", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const { expire } = yield* Control
      const id = yield* ordered
      yield* expire(id)
      yield* sweeps()
      const head = yield* store.head
      yield* sweeps()
      yield* sweeps({ rereadEvery: Duration.zero })
      assert.strictEqual(yield* store.head, head)
      assert.strictEqual(yield* statusOf(id), "Expired")
    }),
  )

  it.effect("opens an order whose answer was lost, with the links of its preview", () =>
    Effect.gen(function* () {
      const { inject } = yield* Control
      const id = yield* issued
      yield* inject({ on: "create", when: "after", times: 1, kind: "reset" })
      yield* comesBack(openOrder(id, {}, about))
      assert.strictEqual(yield* statusOf(id), "Unknown")
      yield* sweeps()
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      assert.include(yield* history(id), "ProviderOrderOpened Sweep")
    }),
  )

  it.effect("records a payment although the preview of its order fails, and comes back for the links", () =>
    Effect.gen(function* () {
      const { inject, pay } = yield* Control
      const id = yield* issued
      yield* inject({ on: "create", when: "after", times: 1, kind: "reset" })
      yield* comesBack(openOrder(id, {}, about))
      yield* pay(id)
      const blind = spoiled(() => ({ get: () => new ProviderUnavailable({ provider: "test", reason: "test" }) }))
      yield* sweeps().pipe(Effect.provide(blind))
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.notInclude(yield* history(id), "ProviderOrderOpened Sweep")
      yield* sweeps()
      assert.include(yield* history(id), "ProviderOrderOpened Sweep")
    }),
  )

  it.effect("goes on where an interrupted one was, page by page", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* Effect.replicateEffect(foreign, 170, { discard: true })
      const last = yield* ordered
      yield* pay(last)
      let pages = 0
      const dying = spoiled(({ list }) => ({
        list: (offset, count) =>
          ++pages > 1 ? new ProviderUnavailable({ provider: "test", reason: "test" }) : list(offset, count),
      }))
      yield* sweeps().pipe(Effect.provide(dying))
      assert.strictEqual(yield* statusOf(last), "AwaitingPayment")
      const { reading } = yield* progress
      assert.isAbove(reading?.next ?? 0, 80)
      const asked: Array<number> = []
      const watched = spoiled(({ list }) => ({
        list: (offset, count) => (asked.push(offset), list(offset, count)),
      }))
      yield* sweeps().pipe(Effect.provide(watched))
      assert.strictEqual(asked[0], reading?.next)
      assert.strictEqual(yield* statusOf(last), "Paid")
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      assert.strictEqual((yield* progress).completed?.difference, 170)
    }),
  )
})

layer(shop, { excludeTestServices: true })("the count", (it) => {
  it.effect(
    "leaves alone what was in the list before, and tells of orders that are not ours, and of ours that are gone",
    () =>
      Effect.gen(function* () {
        const { pay } = yield* Control
        const { head } = yield* EventStore
        const old = yield* foreign
        yield* pay(old)
        yield* sweeps()
        assert.deepInclude(yield* progress, { baseline: 1, offset: 1 })
        assert.strictEqual(yield* head, 0n)

        const id = yield* ordered
        yield* sweeps()
        assert.strictEqual((yield* progress).completed?.difference, 0)

        const stranger = yield* foreign
        yield* sweeps()
        assert.strictEqual((yield* progress).completed?.difference, 1)
        yield* pay(stranger)
        yield* sweeps()
        const events = yield* EventStore.use((store) => store.readAll(0n, 100))
        assert.strictEqual(events.at(-1)?.type, "PaymentUnmatched")

        yield* follow
        yield* run(
          `insert into payments.listed_orders (provider, order_id, external_id, ours, ended, opened_at)
         values ('wallet-pay', '1', 'gone', true, false, now() - interval '1 hour'),
                ('wallet-pay', '2', 'just opened', true, false, now())`,
        )
        yield* sweeps()
        assert.strictEqual((yield* progress).completed?.difference, 0)
        yield* pay(id)
        yield* sweeps()
        assert.strictEqual(yield* statusOf(id), "Paid")
      }),
  )

  it.effect("finds orders that were opened before the first look, and counts them as ours", () =>
    Effect.gen(function* () {
      const id = yield* ordered
      yield* run("delete from payments.sweeps")
      yield* run("delete from payments.listed_orders")
      yield* (yield* Control).pay(id)
      yield* sweeps()
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.strictEqual((yield* progress).completed?.difference, 0)
    }),
  )
})

layer(shop, { excludeTestServices: true })("a list that is not as it should be", (it) => {
  it.effect("has lines that nobody understands: the others are recorded, and the offset waits", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      yield* sweeps()
      const ids = yield* Effect.replicateEffect(ordered, 3)
      yield* Effect.forEach(ids, (id) => pay(id))
      const strange = spoiled(({ list }) => ({
        list: (offset, count) =>
          Effect.map(
            list(offset, count),
            Array.map((line): ListLine =>
              line._tag === "Understood" && line.order.externalId === ids[1]
                ? { _tag: "NotUnderstood", index: line.index, externalId: undefined, reason: "test" }
                : line,
            ),
          ),
      }))
      for (let sweep = 0; sweep < 2; sweep++) yield* sweeps().pipe(Effect.provide(strange))
      assert.deepStrictEqual(yield* Effect.forEach(ids, statusOf), ["Paid", "AwaitingPayment", "Paid"])
      assert.strictEqual((yield* progress).offset, 1)
      assert.strictEqual((yield* progress).completed?.difference, 1)
      yield* sweeps()
      assert.deepStrictEqual(yield* Effect.forEach(ids, statusOf), ["Paid", "Paid", "Paid"])
      assert.deepInclude(yield* progress, { offset: 3, passed: 3 })
      assert.strictEqual((yield* progress).completed?.difference, 0)
    }),
  )

  it.effect("is shorter or longer than its count: nothing is taken for read", () =>
    Effect.gen(function* () {
      const before = (yield* progress).completed
      for (const more of [5, -1]) {
        const wrong = spoiled(({ count }) => ({ count: Effect.map(count, (n) => n + more) }))
        yield* sweeps().pipe(Effect.provide(wrong))
        const { completed, reading, offset } = yield* progress
        assert.deepStrictEqual(completed, before)
        assert.isUndefined(reading)
        assert.strictEqual(offset, 3)
      }
    }),
  )

  it.effect("has a second order of one invoice: it is counted, and its payment is held", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      const stranger = yield* foreign
      yield* pay(stranger)
      const twice = spoiled(({ list }) => ({
        list: (offset, count) =>
          Effect.map(
            list(offset, count),
            Array.map((line): ListLine =>
              line._tag === "Understood" && line.order.externalId === stranger
                ? { ...line, order: { ...line.order, externalId: id } }
                : line,
            ),
          ),
      }))
      yield* sweeps().pipe(Effect.provide(twice))
      assert.strictEqual(yield* statusOf(id), "Held")
      assert.strictEqual((yield* progress).completed?.difference, 1)
      yield* pay(id)
      yield* sweeps().pipe(Effect.provide(twice))
      assert.strictEqual(yield* statusOf(id), "Paid")
    }),
  )

  it.effect("has shifted: all is read from the start, and what had moved out of sight is found", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* sweeps()
      yield* pay(id)
      const shifted = spoiled(({ list, count }) => ({
        list: (offset, length) =>
          Effect.map(
            list(offset + 1, length),
            Array.map((line): ListLine => ({ ...line, index: line.index - 1 })),
          ),
        count: Effect.map(count, (n) => n - 1),
      }))
      for (let sweep = 0; sweep < 2; sweep++) yield* sweeps().pipe(Effect.provide(shifted))
      assert.strictEqual(yield* statusOf(id), "Paid")
      for (let sweep = 0; sweep < 2; sweep++) yield* sweeps()
      assert.strictEqual((yield* progress).offset, (yield* progress).completed?.count)
    }),
  )
})

layer(shop, { excludeTestServices: true })("a sweep whose offset moves over an open order", (it) => {
  it.effect("does not find its payment, until it reads closed orders again", () =>
    Effect.gen(function* () {
      const { pay } = yield* Control
      const ids = yield* Effect.replicateEffect(ordered, 3)
      const [id] = ids
      assert(id !== undefined)
      yield* sweeps()
      yield* run("update payments.sweeps set list_offset = 3")
      yield* pay(id)
      for (let sweep = 0; sweep < 3; sweep++) yield* sweeps()
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      yield* sweeps({ rereadEvery: Duration.zero })
      assert.strictEqual(yield* statusOf(id), "Paid")
    }),
  )
})

layer(shop, { excludeTestServices: true })("a stalled sweep", (it) => {
  it.effect("changes nothing that another one did meanwhile", () =>
    Effect.gen(function* () {
      yield* ordered
      yield* sweeps()
      const orders = yield* OrderList
      const stale = yield* progress
      yield* sweeps()
      assert.isFalse(yield* orders.save({ ...stale, offset: 1000 }))
      assert.strictEqual((yield* progress).offset, 0)
      const provider = yield* PaymentProvider
      assert.strictEqual(yield* orders.locate(provider.name, "unheard of"), undefined)
    }),
  )
})
