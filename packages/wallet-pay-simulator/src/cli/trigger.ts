/** `simulator trigger`: makes a running simulator send a webhook, true or spoiled. */
import { Clock, Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Ended } from "../Ended.ts"
import { Delivery, Order, Remote } from "../Remote.ts"
import { apiKeys, remote, url } from "./connection.ts"
import { isAsItMust, show } from "./show.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)
const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  event: Argument.Literals("event", ["paid", "expired", "cancelled", "declined"]).pipe(
    Argument.withDescription("What happens to the order"),
  ),
  order: text("order", "Id, externalId or number of the order; without it, a new one is created"),
  price: text("price", 'Price of the new order, such as "12.50 USD"'),
  currency: text("currency", "What the payer pays in; the first that is offered"),
  amount: text("amount", "Paid instead of what is due"),
  fee: text("fee", "Stated instead of the true fee"),
  net: text("net", "Stated instead of the true net amount"),
  statedCurrency: text("stated-currency", "Stated as the currency of amount, fee and net"),
  orderAmount: text("order-amount", 'Stated as the price of the order, such as "5 USD"'),
  late: yes("late", "The order expires first, and is then paid"),
  twice: yes("twice", "Sends it once more; short for --times 2"),
  times: Flag.Int("times").pipe(Flag.withDescription("How often it is sent in all"), Flag.withDefault(1)),
  same: yes("same", "Repeats it byte for byte, with the same timestamp and signature"),
  tamper: Flag.Literals("tamper", ["body", "timestamp", "signature", "path"]).pipe(
    Flag.withDescription("Sends it once more, spoiled after it was signed: the merchant must refuse"),
    Flag.optional,
  ),
  url,
}

const Deliveries = Schema.Struct({ deliveries: Schema.Array(Delivery) })

export const trigger = Command.make("trigger", flags, (given) =>
  Effect.gen(function* () {
    const { call } = yield* Remote
    const keys = yield* apiKeys
    const times = given.twice ? Math.max(2, given.times) : given.times
    const { price, orderAmount } = yield* priced(given)
    const { currency, amount, fee, net, statedCurrency } = given
    const wrong = {
      ...plain({ currency, amount, fee, net, statedCurrency }),
      ...(orderAmount === undefined ? {} : { orderAmount }),
    }
    if (given.event !== "paid" && (given.late || Object.keys(wrong).length > 0))
      return yield* usage("only a payment can be late or wrong")
    if (price !== undefined && Option.isSome(given.order)) return yield* usage("--price is of a new order")
    const sent = (after: number) =>
      Effect.map(call("GET", `/deliveries?after=${after}`, Deliveries), (all) => all.deliveries)
    const before = (yield* sent(0)).at(-1)?.number ?? 0

    const order = Option.isSome(given.order)
      ? yield* call("GET", `/orders/${encodeURIComponent(given.order.value)}`, Order)
      : yield* call("POST", "/orders", Order, {
          externalId: `trigger-${before}-${yield* Clock.currentTimeMillis}`,
          ...(price === undefined ? {} : { amount: price }),
        })
    const act = (action: string, body?: unknown) =>
      call("POST", `/orders/${order.id}/${action}`, Schema.Unknown, body).pipe(
        Effect.andThen(call("POST", "/idle", Schema.Unknown)),
      )

    if (given.late && order.status === "ACTIVE") yield* act("expire")
    yield* given.event === "paid" ? act("pay", { ...wrong, late: given.late }) : act(actions[given.event])
    const timestamp = given.same ? "same" : "new"
    // The last of the order's messages is the one that was asked for: a late payment follows an expiry.
    const { messages } = yield* call("GET", `/orders/${order.id}`, Order)
    const last = messages.at(-1) ?? ""
    if (times > 1) yield* call("POST", `/orders/${last}/redeliver`, Schema.Unknown, { times: times - 1, timestamp })
    const spoiledFrom = (yield* sent(before)).at(-1)?.number ?? 0
    if (Option.isSome(given.tamper))
      yield* call("POST", `/orders/${last}/redeliver`, Schema.Unknown, { timestamp, tamper: given.tamper.value })

    const deliveries = yield* sent(before)
    yield* Console.log(`${order.externalId} (${order.id}) is ${given.event}`)
    for (const delivery of deliveries) yield* Console.log(show(delivery, keys))
    if (deliveries.length === 0)
      return yield* unexpected("nothing was sent: the store has no webhook address, or webhooks are held or dropped")
    const bad = deliveries.filter((each) => !isAsItMust(each, Option.isSome(given.tamper) && each.number > spoiledFrom))
    if (bad.length > 0)
      return yield* unexpected(
        `the merchant must answer 200 to what is true and refuse what is spoiled; it did otherwise with ${bad.map(({ number }) => `#${number}`).join(", ")}`,
      )
  }).pipe(Effect.provide(remote(given.url))),
).pipe(
  Command.withDescription("Makes a running simulator send a webhook: paid, late, twice, wrong or tampered with"),
  Command.withExamples([
    { command: "simulator trigger paid --late --twice", description: "Pays an expired order, and says so twice" },
    {
      command: "simulator trigger paid --order my-1 --amount 0.01",
      description: "Pays an order of the merchant's too little",
    },
    { command: "simulator trigger expired --tamper signature", description: "Sends a delivery that must be refused" },
  ]),
)

const actions = { expired: "expire", cancelled: "cancel", declined: "decline" } as const

const usage = (message: string) => new Ended({ how: "usage", message })
const unexpected = (message: string) => new Ended({ how: "unexpected", message })

/** The fields that were given. */
const plain = (fields: Readonly<Record<string, Option.Option<string>>>) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value] as const] : [])),
  )

/** The amounts of money that were given, as the simulator takes them. */
const priced = Effect.fnUntraced(function* (given: {
  readonly price: Option.Option<string>
  readonly orderAmount: Option.Option<string>
}) {
  const price = Option.map(given.price, money)
  const orderAmount = Option.map(given.orderAmount, money)
  for (const [flag, value] of [
    ["price", price],
    ["order-amount", orderAmount],
  ] as const)
    if (Option.isSome(value) && value.value === undefined)
      return yield* usage(`--${flag}: an amount and a currency such as "12.50 USD" are required`)
  return { price: Option.getOrUndefined(price), orderAmount: Option.getOrUndefined(orderAmount) }
})

const money = (value: string) => {
  const [, amount, currencyCode] = /^([0-9.]+) ([A-Z0-9]+)$/.exec(value) ?? []
  return amount === undefined || currencyCode === undefined ? undefined : { amount, currencyCode }
}
