/** Orders whose outcome is unknown, that are polled, and that expire: over the simulator, in our own time. */
import { assert, layer } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { PaymentProvider, ProviderUnavailable } from "@paylog/domain/PaymentProvider"
import { Database } from "@paylog/event-store/Database"
import { openOrder, type OrderSettings } from "@paylog/payments/OpenOrder"
import * as Polls from "@paylog/payments/Polls"
import { expireWhenDue as expireAfter } from "@paylog/payments/Work"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { defaults } from "@paylog/wallet-pay-simulator/Settings"
import { listLine } from "@paylog/wallet-pay/translate"
import { Clock, Duration, Effect, type Layer, Logger, Record, References } from "effect"
import { TestClock } from "effect/testing"
import { about, comesBack, history, issued, ordered, shop, spoiled, statusOf, sweeps } from "./support/shop.ts"

const step = (id: Parameters<typeof openOrder>[0], settings: OrderSettings = {}) => openOrder(id, settings, about)

/** The order is created, and the answer lost. */
const lost = Effect.gen(function* () {
  const { inject } = yield* Control
  const id = yield* issued
  yield* inject({ on: "create", when: "after", times: 1, kind: "reset" })
  assert.strictEqual(yield* comesBack(step(id, { returnUrl: "https://t.me/shop_bot" })), 15)
  assert.strictEqual(yield* statusOf(id), "Unknown")
  return id
})

const dead = spoiled(() => {
  const gone = new ProviderUnavailable({ provider: "test", reason: "test" })
  return { get: () => gone, list: () => gone, count: gone }
})

/** The worker's first try, or one after so many. */
const expireWhenDue = (id: Parameters<typeof expireAfter>[0], attempts = 0) =>
  expireAfter(id, { actor: { kind: "Worker", id: "expirer" }, source: "Clock" }, attempts)

const aDayOfTries = 24 * 60

const polls = { first: Duration.seconds(30), atMost: Duration.minutes(10) }

layer(shop, { excludeTestServices: true })("an order", (it) => {
  /** Our clock starts at the provider's time, and then stands still. */
  const timed = (name: string, body: Effect.Effect<void, unknown, Layer.Success<typeof shop>>) =>
    it.effect(name, () =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.andThen(TestClock.setTime(now), body).pipe(Effect.provide(TestClock.layer())),
      ),
    )

  timed(
    "is asked for with the identical request although the settings have changed, and however strictly that is taken",
    Effect.gen(function* () {
      const { configure, world } = yield* Control
      yield* configure({ orders: { nullIsAbsent: false, amountsByValue: false } })
      const id = yield* lost
      yield* TestClock.adjust("15 seconds")
      yield* step(id, {
        returnUrl: "https://example.com/other",
        failReturnUrl: "https://example.com",
        autoConversion: "TON",
      })
      assert.deepStrictEqual(yield* history(id), [
        "InvoiceIssued Worker",
        "ProviderOrderRequested Worker",
        "ProviderOutcomeUnknown Worker",
        "ProviderOrderOpened Worker",
      ])
      const { stores } = yield* world
      const orders = [...stores.values()].flatMap((store) => store.orders)
      assert.strictEqual(orders.filter(({ request }) => request.externalId === id).length, 1)
      yield* configure({ orders: defaults.orders })
    }),
  )

  for (const answer of ["CONFLICT", "INVALID_REQUEST"] as const)
    timed(
      `is taken from the list when it ended before its answer came, and its repetition says ${answer}`,
      Effect.gen(function* () {
        const { configure, expire } = yield* Control
        yield* configure({ orders: { repeatAfterClose: answer } })
        const id = yield* lost
        yield* expire(id)
        yield* TestClock.adjust("15 seconds")
        yield* step(id)
        assert.strictEqual(yield* statusOf(id), "Expired")
        assert.deepStrictEqual((yield* history(id)).slice(-2), ["ProviderOrderOpened Poll", "InvoiceExpired Poll"])
        yield* configure({ orders: defaults.orders })
      }),
    )

  timed(
    "is found although its customer was erased in between",
    Effect.gen(function* () {
      const id = yield* lost
      yield* Database.use(({ query }) => query({ name: "test-erase", text: "truncate payments.customers" }))
      yield* TestClock.adjust("15 seconds")
      yield* step(id)
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
    }),
  )

  timed(
    "that never came to be is called absent once the list proves it, and none is ever made",
    Effect.gen(function* () {
      const { inject, world } = yield* Control
      const id = yield* issued
      yield* inject({ on: "create", when: "before", times: 8, kind: "answer", code: 500 })
      for (let tries = 0; tries < 8; tries++) yield* TestClock.adjust({ seconds: yield* comesBack(step(id)) })
      let looks = 0
      while ((yield* statusOf(id)) === "Unknown" && looks++ < 20) {
        const back = yield* Effect.exit(step(id))
        if (back._tag === "Failure") yield* TestClock.adjust("1 minute")
      }
      assert.strictEqual(yield* statusOf(id), "Expired")
      assert.deepStrictEqual((yield* history(id)).slice(-2), ["ProviderOrderAbsent Worker", "InvoiceExpired Worker"])
      assert.isAtLeast(looks, 5)
      const { stores } = yield* world
      assert.isUndefined(
        [...stores.values()].flatMap((store) => store.orders).find(({ request }) => request.externalId === id),
      )
    }),
  )

  timed(
    "is polled until it has ended, at first soon and then ever more rarely",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      const waits: Array<number> = []
      for (let looks = 0; looks < 7; looks++) {
        waits.push(yield* comesBack(Polls.poll(id, polls)))
        yield* TestClock.adjust({ seconds: waits.at(-1) ?? 0 })
      }
      assert.deepStrictEqual(
        waits.map((seconds) => Math.round(seconds)),
        [30, 30, 30, 45, 68, 101, 152],
      )
      yield* pay(id)
      yield* Polls.poll(id, polls)
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.include(yield* history(id), "PaymentReceived Poll")
      const untouched = spoiled(() => ({ get: () => Effect.die("The log knows how it ended") }))
      yield* Polls.poll(id, polls).pipe(Effect.provide(untouched))
    }),
  )

  timed(
    "whose customer asks whether it is paid is looked at once and at once, before it would be polled",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* Polls.ask(id)
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      assert.strictEqual(yield* comesBack(Polls.ask(id).pipe(Effect.provide(dead))), 5)
      yield* pay(id)
      yield* Polls.ask(id)
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.include(yield* history(id), "PaymentReceived Poll")
      yield* Polls.ask(id).pipe(Effect.provide(dead))
    }),
  )

  timed(
    "that is paid is read from its place in the list, in one call, once the sweep has passed it",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* sweeps()
      yield* pay(id)
      yield* TestClock.adjust("30 seconds")
      const calls: Array<string> = []
      const watched = spoiled(({ list, count }) => ({
        list: (offset, length) => (calls.push(`list ${length}`), list(offset, length)),
        count: Effect.suspend(() => (calls.push("count"), count)),
      }))
      yield* Polls.poll(id, polls).pipe(Effect.provide(watched))
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.deepStrictEqual(calls, ["list 1"])
    }),
  )

  timed(
    "that is paid and not yet in the list is asked after again, and no amount is made up",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* pay(id)
      yield* TestClock.adjust("30 seconds")
      const late = spoiled(({ count }) => ({ count: Effect.map(count, (n) => n - 1) }))
      assert.strictEqual(yield* comesBack(Polls.poll(id, polls).pipe(Effect.provide(late))), 30)
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      yield* Polls.poll(id, polls)
      assert.strictEqual(yield* statusOf(id), "Paid")
    }),
  )

  timed(
    "that was paid during an outage is never called expired when that is over",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const id = yield* ordered
      yield* pay(id)
      yield* TestClock.adjust("2 hours")
      const expires = expireWhenDue(id)
      assert.strictEqual(yield* comesBack(expires.pipe(Effect.provide(dead))), 60)
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      yield* expires
      assert.strictEqual(yield* statusOf(id), "Paid")
      assert.isFalse((yield* history(id)).some((event) => event.startsWith("InvoiceExpired")))
    }),
  )

  for (const code of [400, 401, 403])
    timed(
      `that was paid does not expire when its look is refused with ${code}: that says nothing about it`,
      Effect.gen(function* () {
        const { inject, pay } = yield* Control
        const id = yield* ordered
        yield* pay(id)
        yield* TestClock.adjust("2 hours")
        const expires = expireWhenDue(id)
        yield* inject({ on: "preview", when: "before", times: 1, kind: "answer", code })
        assert.strictEqual(yield* comesBack(expires), 600)
        assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
        yield* expires
        assert.strictEqual(yield* statusOf(id), "Paid")
      }),
    )

  timed(
    "that its provider does not know expires when that is due",
    Effect.gen(function* () {
      const id = yield* ordered
      yield* TestClock.adjust("2 hours")
      const expires = expireWhenDue(id)
      const unknown = spoiled(({ get }) => ({ get: () => get("9") }))
      yield* expires.pipe(Effect.provide(unknown))
      assert.strictEqual(yield* statusOf(id), "Expired")
    }),
  )

  timed(
    "that nobody says the end of expires by our clock a day later",
    Effect.gen(function* () {
      const id = yield* ordered
      const expires = expireWhenDue(id)
      yield* TestClock.adjust("24 hours")
      // Answers come in the provider's own time: it still says that the order is open.
      assert.strictEqual(yield* comesBack(expires), 60)
      yield* TestClock.adjust("32 minutes")
      const lastTry = expireWhenDue(id, aDayOfTries).pipe(Effect.provide(dead))
      assert.strictEqual(yield* comesBack(expireWhenDue(id, aDayOfTries - 1).pipe(Effect.provide(dead))), 60)
      assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
      yield* lastTry
      assert.strictEqual(yield* statusOf(id), "Expired")
      assert.include(yield* history(id), "InvoiceExpired Clock")
    }),
  )

  timed(
    "that was paid while we were down for days is looked at before it may expire",
    Effect.gen(function* () {
      const { pay } = yield* Control
      const [paid, open] = [yield* ordered, yield* ordered]
      yield* pay(paid)
      yield* TestClock.adjust("3 days")
      assert.strictEqual(yield* comesBack(expireWhenDue(paid).pipe(Effect.provide(dead))), 60)
      assert.strictEqual(yield* statusOf(paid), "AwaitingPayment")
      yield* expireWhenDue(paid)
      assert.strictEqual(yield* statusOf(paid), "Paid")
      yield* expireWhenDue(open)
      assert.include(yield* history(open), "InvoiceExpired Clock")
    }),
  )

  /** The line of a paid order as the list has it, but for these fields, which its document calls optional. */
  const lineWithout = (externalId: string, index: number, ...fields: ReadonlyArray<string>) => {
    const amount = { currencyCode: "USD", amount: "12.50" }
    const [createdDateTime, expirationDateTime] = ["2026-11-25T00:00:00Z", "2026-11-25T01:00:00Z"]
    const line = {
      id: 1,
      externalId,
      status: "PAID",
      amount,
      createdDateTime,
      expirationDateTime,
      paymentDateTime: createdDateTime,
      selectedPaymentOption: { amount, amountFee: { ...amount, amount: "0.00" }, amountNet: amount, exchangeRate: "1" },
    }
    return listLine(
      Record.filter(line, (_, field) => !fields.includes(field)),
      index,
      Money.scales,
    )
  }

  for (const missing of ["paymentDateTime", "selectedPaymentOption", "the list"])
    timed(
      `that is paid never expires while it is not known how, for want of ${missing}, and is paid once it is`,
      Effect.gen(function* () {
        const { pay } = yield* Control
        const id = yield* ordered
        yield* pay(id)
        yield* TestClock.adjust("3 days")
        assert.strictEqual(lineWithout(id, 0)._tag, "Understood")
        assert.strictEqual(lineWithout(id, 0, missing)._tag, missing === "the list" ? "Understood" : "NotUnderstood")
        const unread = spoiled(({ list }) => ({
          list: (offset, length) =>
            missing === "the list"
              ? new ProviderUnavailable({ provider: "test", reason: "test" })
              : Effect.map(list(offset, length), (lines) =>
                  lines.map((line) =>
                    line._tag === "Understood" && line.order.externalId === id
                      ? lineWithout(id, line.index, missing)
                      : line,
                  ),
                ),
        }))
        const errors: Array<string> = []
        const seen = Logger.make<unknown, void>(({ logLevel, message }) => {
          if (logLevel === "Error") errors.push(String(message))
        })
        const lastTry = expireWhenDue(id, aDayOfTries).pipe(
          Effect.provide([unread, Logger.layer([seen])]),
          Effect.provideService(References.MinimumLogLevel, "Error"),
        )
        assert.strictEqual(yield* comesBack(lastTry), 600)
        assert.strictEqual(yield* statusOf(id), "AwaitingPayment")
        assert.match(errors.join(), /is paid/)
        yield* expireWhenDue(id)
        assert.strictEqual(yield* statusOf(id), "Paid")
      }),
    )

  timed(
    "that its provider has ended expires as the provider says, whoever asks",
    Effect.gen(function* () {
      const { expire, cancel } = yield* Control
      const [expired, cancelled] = [yield* ordered, yield* ordered]
      yield* expire(expired)
      yield* cancel(cancelled)
      yield* TestClock.adjust("30 seconds")
      yield* Polls.poll(expired, polls)
      yield* Polls.poll(cancelled, polls)
      assert.strictEqual(yield* statusOf(expired), "Expired")
      assert.strictEqual(yield* statusOf(cancelled), "Expired")
      assert.include(yield* history(cancelled), "InvoiceExpired Poll")
      const provider = yield* PaymentProvider
      assert.strictEqual(provider.name, "wallet-pay")
    }),
  )
})
