/** What people do with their invoices: pay in every right and wrong way, cancel, decline, forget. */
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import type { Payment } from "@paylog/wallet-pay-simulator/Control"
import { Clock, DateTime, Effect } from "effect"
import type { Dice } from "./Dice.ts"
import type { Process } from "./Process.ts"
import type { Provider } from "./Provider.ts"
import type { Tables } from "./Tables.ts"
import type { Tally } from "./Weather.ts"

export interface Shop {
  readonly dice: Dice
  readonly tally: Tally
  readonly tables: Tables
  readonly provider: Provider
  /** A process that runs, when there is one. */
  readonly process: () => Process | undefined
  /** Told when an invoice is promised to its customer. */
  readonly onIssued: (id: Invoice.InvoiceId) => void
  /** Told when a delivery was believed that must not be. */
  readonly onBelieved: (what: string) => void
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyz"

const amounts: readonly [Money.Money, ...Array<Money.Money>] = [
  Money.of("USD", 1250n),
  Money.of("EUR", 999n),
  Money.of("TON", 1_500_000_001n),
  Money.of("USDT", 7_000_001n),
  Money.of("BTC", 12_345n),
]

/** One customer with one invoice, from its issue to whatever they do with it. Ends when they have done it. */
export const customer = Effect.fnUntraced(function* (shop: Shop, number: number, issueWithinMs: number) {
  const { dice, tally, tables, provider } = shop
  const random = (prefix: string) => prefix + Array.from({ length: 20 }, () => letters[dice.below(36)]).join("")
  const customerId = Invoice.CustomerId.make(random("cus_"))
  const invoiceId = Invoice.InvoiceId.make(random("inv_"))
  const amount = dice.pick(amounts)
  const lifetimeMs = dice.percent(10) ? dice.between(5_000, 40_000) : dice.between(40_000, 240_000)
  const about: About = { actor: { kind: "Customer", id: customerId }, source: "Bot", correlationId: `c${number}` }
  tables.customers.set(customerId, {
    customerId,
    telegramUserId: `${7_000_000_000 + number}`,
    chatId: `${7_000_000_000 + number}`,
    language: "en",
    utcOffset: null,
  })

  /** As a bot does it: again, by the same id, until it is known to be done. */
  const persistently = <E extends { readonly _tag: string }>(
    attempt: (process: Process) => Effect.Effect<unknown, E>,
  ) =>
    Effect.gen(function* () {
      for (let tries = 0; ; tries++) {
        const process = shop.process()
        const done = process === undefined ? false : yield* Effect.result(attempt(process))
        if (done !== false && done._tag === "Success") return "done" as const
        if (done !== false && !mayPass.has(done.failure._tag)) return done.failure._tag
        if (tries > 400) return "given up" as const
        yield* Effect.sleep(dice.between(500, 5000))
      }
    })

  yield* Effect.sleep(dice.between(0, issueWithinMs))
  const now = yield* Clock.currentTimeMillis
  const terms: Invoices.NewInvoice = {
    invoiceId,
    customerId,
    lines: [{ title: "A pot of tea", quantity: 1, unitPrice: amount }],
    payBy: DateTime.makeUnsafe(now + lifetimeMs),
    policy: {
      tolerance: { ...amount, minor: 0n },
      late: dice.percent(75) ? "Hold" : "Accept",
      graceSeconds: dice.between(0, 60),
    },
  }
  const issuing = yield* persistently((process) => process.call(Invoices.issue(terms, about)))
  if (issuing !== "done") {
    // The shop was closed until the pay-by time had passed.
    tally.count("invoice not issued")
    return
  }
  shop.onIssued(invoiceId)
  tally.count("invoice issued")

  const at = (share: number) => Effect.sleep(Math.max(0, Math.round(lifetimeMs * share)))
  /** Tries until there is an order, as people do who wait for their link; not for ever. */
  const pay = (how: Payment, what: string) =>
    provider.control.pay(invoiceId, how).pipe(
      Effect.map(() => tally.count(what)),
      Effect.tapErrorTag("NotFound", () => Effect.sleep(dice.between(1000, 15_000))),
      Effect.retry({ while: ({ _tag }) => _tag === "NotFound", times: 12 }),
      Effect.ignore,
    )
  const cancel = persistently((process) =>
    Effect.asVoid(process.call(Invoices.cancel(invoiceId, { ...about, correlationId: `cancel-${number}` }))),
  ).pipe(Effect.map((how) => tally.count(how === "done" ? "invoice cancelled" : "invoice not cancelled")))

  const currencies = dice.percent(15) ? ["NOT"] : ["TON", "BTC", "USDT"]
  const currency = dice.pick([currencies[0] ?? "TON", ...currencies.slice(1)])
  const right = pay({ currency }, currency === "NOT" ? "paid in NOT" : "paid")

  const soon = Effect.andThen(at(dice.next() * 0.7), right)
  const justInTime = Effect.andThen(at(0.97 + dice.next() * 0.06), right)
  const late = Effect.andThen(at(1.1 + dice.next()), pay({ currency, late: true }, "paid late"))
  const redelivered = Effect.gen(function* () {
    yield* Effect.ignore(provider.control.redeliver(invoiceId, { times: 2 }))
    yield* Effect.ignore(provider.control.redeliver(invoiceId, { timestamp: "same" }))
    tally.count("redelivered")
    for (const tamper of ["body", "timestamp", "signature", "path"] as const) {
      const attempts = yield* provider.control.redeliver(invoiceId, { tamper }).pipe(Effect.orElseSucceed(() => []))
      tally.count("tampered", attempts.length)
      if (attempts.some(({ code }) => code === 200)) shop.onBelieved(`a delivery with another ${tamper} was believed`)
    }
  })

  const acts: readonly [Effect.Effect<void>, ...Array<Effect.Effect<void>>] = [
    soon,
    soon,
    justInTime,
    Effect.andThen(soon, Effect.andThen(Effect.sleep(dice.between(1, 30_000)), redelivered)),
    late,
    Effect.andThen(at(dice.next() * 0.7), pay({ currency, ...deviation(dice) }, "paid wrongly")),
    // Races: whichever comes first.
    Effect.all([soon, Effect.andThen(at(dice.next() * 0.7), cancel)], { concurrency: "unbounded", discard: true }),
    Effect.all([Effect.andThen(at(dice.next() * 0.5), cancel), late], { concurrency: "unbounded", discard: true }),
    Effect.andThen(at(dice.next() * 0.5), cancel),
    Effect.andThen(Effect.sleep(dice.between(1, 400)), cancel),
    Effect.gen(function* () {
      yield* at(dice.next() * 0.7)
      yield* Effect.ignore(provider.control.decline(invoiceId))
      tally.count("declined")
      if (dice.percent(50)) yield* Effect.andThen(at(dice.next() * 0.5), pay({ currency, late: true }, "paid late"))
    }),
    Effect.void,
  ]
  // The storm goes on for as long as somebody is there: now and then past every deadline.
  const stays = dice.percent(60) ? at(1 + dice.next() * 0.5) : Effect.void
  yield* Effect.all([dice.pick(acts), stays], { concurrency: "unbounded", discard: true })
})

/** An order that was opened in our shop's store and not by us, and its payment: money that no invoice has. */
export const stranger = Effect.fnUntraced(function* ({ dice, tally, provider }: Shop, number: number) {
  const { control } = provider
  const externalId = dice.percent(50) ? `stranger-${number}` : `inv_${"s".repeat(19)}${number % 10}`
  yield* Effect.sleep(dice.between(0, 120_000))
  const [store] = (yield* control.world).stores.values()
  if (store === undefined) return
  yield* control.create(store, {
    amount: { currencyCode: "USD", amount: "3.00" },
    externalId,
    description: "Somebody else's order",
    timeoutSeconds: 600,
    customerTelegramUserId: "1",
  })
  yield* Effect.sleep(dice.between(0, 120_000))
  yield* Effect.ignore(dice.percent(70) ? control.pay(externalId) : control.cancel(externalId))
  tally.count("stranger's order")
})

/** Whose externalId it is. */
export const isStranger = (externalId: string): boolean => /^(stranger-|inv_s{19})/.test(externalId)

const mayPass: ReadonlySet<string> = new Set(["StoreUnavailable", "Overloaded", "Died", "OrderUnsettled"])

/** A payment that may not pay its invoice. */
const deviation = (dice: Dice): Payment =>
  dice.pick<Payment>([
    { amount: "0.000001" },
    { fee: "0" },
    { net: "0.5" },
    { orderAmount: { currencyCode: "USD", amount: "0.01" } },
    { statedCurrency: "XYZ" },
    { statedCurrency: "NOT" },
    { amount: "99999.123456" },
  ])
