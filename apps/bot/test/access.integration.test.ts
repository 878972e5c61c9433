/**
 * Nobody is shown or can change another person's order: every command and every button that there is, by everybody who could
 * send it, in every way in which Telegram could bring it. A new command or button without a sample here does not compile.
 */
import { assert, layer } from "@effect/vitest"
import { CategoryId, ProductId } from "../src/Catalog.ts"
import { type Existing, InvoiceId, type Status, stream } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import * as Refunds from "@paylog/payments/Refunds"
import { request } from "@paylog/payments/Samples"
import * as Staff from "@paylog/payments/Staff"
import { ConfigProvider, DateTime, Duration, Effect, Layer, Redacted } from "effect"
import type { Message, Update, UserFromGetMe } from "telegraf/types"
import { vi } from "vitest"
import * as Bot from "../src/Bot.ts"
import * as Catalog from "../src/Catalog.ts"
import type { commands } from "../src/commands.ts"
import { DeepLinks } from "../src/DeepLinks.ts"
import { Terms } from "../src/handlers.ts"
import type * as IsTheirs from "../src/isTheirs.ts"
import { draw, toJson } from "../src/Screen.ts"
import { type Action, decode, encode, tags } from "../src/view/Action.ts"
import { toTelegram } from "../src/view/Message.ts"
import { about, expire, openOrder, pay } from "./support/shop.ts"
import { count } from "./support/eventually.ts"
import { world } from "./support/world.ts"

const productId = ProductId.make("house-blend")
const plain = (action: Action) => (): ReadonlyArray<Action> => [action]

/** The buttons of each kind that are about an invoice, or would be if it were there. */
const buttons: Record<Action["_tag"], (invoiceId: InvoiceId) => ReadonlyArray<Action>> = {
  Catalogue: plain({ _tag: "Catalogue" }),
  Shop: plain({ _tag: "Shop" }),
  Products: plain({ _tag: "Products", offset: 0 }),
  Category: plain({ _tag: "Category", categoryId: CategoryId.make("coffee"), offset: 0 }),
  Product: plain({ _tag: "Product", productId }),
  Buy: plain({ _tag: "Buy", productId }),
  Orders: () => [0, 5, 9999].map((offset) => ({ _tag: "Orders", offset })),
  Order: (invoiceId) => [{ _tag: "Order", invoiceId }],
  Check: (invoiceId) => [{ _tag: "Check", invoiceId }],
  Cancel: (invoiceId) => [{ _tag: "Cancel", invoiceId }],
  Again: (invoiceId) => [{ _tag: "Again", invoiceId }],
  Receipt: (invoiceId) => [{ _tag: "Receipt", invoiceId }],
  Help: plain({ _tag: "Help" }),
  Settings: plain({ _tag: "Settings" }),
  Speak: plain({ _tag: "Speak", language: "en" }),
  Clocks: plain({ _tag: "Clocks" }),
  Clock: plain({ _tag: "Clock", utcOffset: 60 }),
}

/** What somebody could write behind each command to get at an invoice. */
const payloads: Record<
  keyof typeof commands,
  (invoiceId: InvoiceId, links: DeepLinks["Service"]) => ReadonlyArray<string>
> = {
  start: (invoiceId, links) => {
    const link = links.payload({ _tag: "Invoice", invoiceId })
    const product = links.payload({ _tag: "Product", productId })
    const elsewhere = DeepLinks.make({ token: Redacted.make("1:other") }).payload({ _tag: "Invoice", invoiceId })
    const crossed = product.slice(0, 22) + link.slice(22)
    return ["", link, product, elsewhere, crossed, `${link.slice(0, -1)}0`, link.slice(22), invoiceId, "staff_00000"]
  },
  receipt: (invoiceId) => ["", invoiceId, invoiceId.toUpperCase(), "1", "2", "XYTNJP2O", "9999", "' or true--", "%"],
  orders: (invoiceId) => ["", invoiceId],
  language: (invoiceId) => ["", invoiceId],
  help: (invoiceId) => ["", invoiceId],
  terms: (invoiceId) => ["", invoiceId],
  paysupport: (invoiceId) => ["", invoiceId],
}

/** What a changed client could send in place of a button's data. */
const forged = (data: string): ReadonlyArray<string> => [
  `${data}:`,
  `${data} `,
  `:${data}`,
  data.toUpperCase(),
  data.replace(":", "::"),
  data.replace("inv_", "inv-"),
  `!${data}`,
]

const shop = Layer.mergeAll(
  Layer.effect(Catalog.Catalog, Catalog.environment.parse(ConfigProvider.fromEnvRecord({})).pipe(Effect.orDie)),
  Layer.succeed(Terms, { payWithin: Duration.minutes(30) }),
)

const settings = { token: Redacted.make("77:x"), botId: 77, apiRoot: "http://127.0.0.1:1/" }
const me: UserFromGetMe = {
  id: 77,
  is_bot: true,
  first_name: "Shop",
  username: "shop_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
}

interface Someone {
  readonly id: number
}
const ada: Someone = { id: 7_000_000_001 }
const eve: Someone = { id: 7_000_000_002 }

/** Where it happens: the sender's private chat with the bot, or a group that both are in. */
type Place = "private" | "group"

const chatOf = (who: Someone, place: Place) =>
  place === "private"
    ? ({ id: who.id, type: "private", first_name: "A" } as const)
    : ({ id: -1_000_000_000_001, type: "supergroup", title: "Both" } as const)

let updates = 0

const textMessage = (
  who: Someone,
  place: Place,
  text: string,
): Update.New & Update.NonChannel & Message.TextMessage => ({
  message_id: ++updates,
  date: 0,
  chat: chatOf(who, place),
  from: { id: who.id, is_bot: false, first_name: "A", language_code: "en" },
  text,
  entities: [{ type: "bot_command", offset: 0, length: text.split(" ")[0]?.length ?? 0 }],
})

const wrote = (who: Someone, place: Place, text: string): Update => ({
  update_id: ++updates,
  message: textMessage(who, place, text),
})
const edited = (who: Someone, place: Place, text: string): Update => ({
  update_id: ++updates,
  edited_message: { ...textMessage(who, place, text), edit_date: 1 },
})
const pressed = (who: Someone, place: Place, data: string): Update => ({
  update_id: ++updates,
  callback_query: {
    id: String(updates),
    from: { id: who.id, is_bot: false, first_name: "A", language_code: "en" },
    chat_instance: "1",
    message: textMessage(me, place, "a message of the bot's"),
    data,
  },
})

/** Every one that an order can be in. */
const states: ReadonlyArray<Status> = [
  "Issued",
  "Requested",
  "Unknown",
  "AwaitingPayment",
  "Paid",
  "Held",
  "RefundPending",
  "Refunded",
  "Expired",
  "Cancelled",
  "Refused",
]

/** Customers with orders in every state. The titles of Ada's stand nowhere else. */
const prepare = Effect.gen(function* () {
  const person = ({ id }: Someone) => ({ telegramUserId: `${id}`, chatId: `${id}`, language: "en" })
  const [owner, other] = [yield* Customers.identify(person(ada)), yield* Customers.identify(person(eve))]
  const issue = Effect.fnUntraced(function* (customerId: typeof owner.customerId, title: string) {
    const unitPrice = Money.of("USD", 1250n)
    return yield* Invoices.issue(
      {
        customerId,
        lines: [{ title, quantity: 1, unitPrice }],
        payBy: DateTime.addDuration(yield* DateTime.now, Duration.minutes(30)),
        policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
      },
      about,
    )
  })
  const theirs: Array<InvoiceId> = []
  const [ann, ben] = [
    yield* Staff.add({ name: "Ann", login: undefined }),
    yield* Staff.add({ name: "Ben", login: undefined }),
  ].map(({ staffId }) => ({ by: staffId, reason: "a test" }))
  assert(ann !== undefined && ben !== undefined)
  for (const state of states) {
    const id = yield* issue(owner.customerId, `Ada's secret, ${state}`)
    theirs.push(id)
    if (state === "Issued") continue
    if (state === "Requested" || state === "Unknown" || state === "Refused") {
      const at = yield* DateTime.now
      yield* Invoices.command(id, "request-order", request(id, at), about)
      const reason = "a test"
      if (state === "Unknown")
        yield* Invoices.command(id, "unknown", { _tag: "RecordOutcomeUnknown", reason, at }, about)
      if (state === "Refused") yield* Invoices.command(id, "refused", { _tag: "RecordOrderRefused", reason, at }, about)
      assert.strictEqual((yield* Invoices.get(id))._tag, state)
      continue
    }
    yield* openOrder(id)
    if (state === "Paid" || state === "RefundPending" || state === "Refunded") yield* pay(id)
    if (state === "RefundPending" || state === "Refunded") {
      const { refundId } = yield* Refunds.request(stream(id), { payment: 1 }, ann)
      const sent = { sent: Money.of("USDT", 12_510_000n), way: "transfer", reference: "T-1" }
      if (state === "Refunded") yield* Refunds.record(stream(id), refundId, sent, ben)
    }
    if (state === "Held") yield* pay(id, { orderAmount: Money.of("USD", 1n) })
    if (state === "Expired") yield* expire(id)
    if (state === "Cancelled") yield* Invoices.cancel(id, about)
    assert.strictEqual((yield* Invoices.get(id))._tag, state)
  }
  const own = yield* issue(other.customerId, "Eve's own")
  yield* (yield* FollowerRunner).awaitBookmark("invoices", yield* (yield* EventStore).head, "20 seconds")
  return { owner, other, theirs, own }
})

const make = Effect.gen(function* () {
  const { owner, other, own, theirs } = yield* prepare
  const handle = yield* Bot.make(settings, me)
  const secret = new RegExp(["Ada's secret", ...theirs.map((id) => id.slice(4))].join("|"))
  const streams = theirs.map((id) => `'invoice-${id}'`).join(", ")
  return {
    owner,
    other,
    own,
    theirs,
    links: DeepLinks.make(settings),
    /** All that the sender gets to see by the update: as it is stored, drawn and encoded, and what appears over the chat. */
    seen: Effect.fnUntraced(function* (update: Update, customer: Customers.Customer) {
      const invoiceId = InvoiceId.make(`inv_${String(updates).padStart(20, "0")}`)
      const received = {
        botId: 1,
        updateId: BigInt(updates),
        key: `access/${updates}`,
        update,
        invoiceId,
        receivedAt: new Date(),
        attempts: 1,
      }
      const handled = yield* handle(received)
      if (handled === undefined) return undefined
      assert.strictEqual(handled.customer?.customerId, customer.customerId)
      assert.deepStrictEqual(handled.others ?? [], [])
      const drawn = yield* Effect.forEach(handled.messages, (body) =>
        Effect.map(draw(body.screen, customer), (message) => toJson(body) + JSON.stringify(toTelegram(message))),
      )
      return [...drawn, handled.toast ?? ""].join("\n")
    }),
    isSecret: (text: string) => secret.test(text),
    /** How much has ever happened to Ada's invoices. */
    history: count(`select count(*) from paylog.events where stream in (${streams})`),
  }
})

/** All that somebody else gets to see of Ada's orders, or changes, by whatever they do; and in how many ways they tried. */
const leaksOf = Effect.fnUntraced(function* (made: Effect.Success<typeof make>) {
  const { history, isSecret, links, other, owner, seen, theirs } = made
  const before = yield* history
  let combinations = 0
  const leaks: Array<string> = []

  /** Nothing of Ada's may come of it, for whoever gets to see the answer. */
  const closed = Effect.fnUntraced(function* (what: string, update: Update, customer: Customers.Customer) {
    combinations++
    const shown = (yield* seen(update, customer)) ?? ""
    if (isSecret(shown)) leaks.push(`${what} shows ${shown}`)
    if ((yield* history) !== before) leaks.push(`${what} changes an invoice`)
  })
  /** Nothing at all may come of it. */
  const silent = Effect.fnUntraced(function* (what: string, update: Update, customer: Customers.Customer) {
    combinations++
    if ((yield* seen(update, customer)) !== undefined) leaks.push(`${what} is answered`)
    if ((yield* history) !== before) leaks.push(`${what} changes an invoice`)
  })

  for (const invoiceId of theirs) {
    for (const action of tags.flatMap((tag) => buttons[tag](invoiceId))) {
      const data = encode(action)
      yield* closed(`${data} by another`, pressed(eve, "private", data), other)
      yield* silent(`${data} in a group, by another`, pressed(eve, "group", data), other)
      yield* silent(`${data} in a group, by the owner`, pressed(ada, "group", data), owner)
      for (const text of forged(data).filter((text) => decode(text) === undefined))
        yield* closed(`${text}, forged`, pressed(eve, "private", text), other)
    }
    for (const [name, payloadsOf] of Object.entries(payloads))
      for (const payload of payloadsOf(invoiceId, links)) {
        const text = `/${name} ${payload}`.trim()
        yield* closed(`${text} by another`, wrote(eve, "private", text), other)
        yield* silent(`${text}, edited`, edited(eve, "private", text), other)
        yield* silent(`${text}, edited by the owner`, edited(ada, "private", text), owner)
        yield* silent(`${text} in a group, by another`, wrote(eve, "group", text), other)
        yield* silent(`${text} in a group, by the owner`, wrote(ada, "group", text), owner)
      }
  }
  return { leaks, combinations }
})

/** Whose an invoice is, is asked in one place: with that gone, each of these tries has to be seen. */
const planted = vi.hoisted(() => ({ noOwnerCheck: false }))
vi.mock("../src/isTheirs.ts", async (original) => {
  const real = await original<typeof IsTheirs>()
  const isTheirs: typeof real.isTheirs = (invoice, customerId): invoice is Existing =>
    planted.noOwnerCheck ? invoice._tag !== "Absent" : real.isTheirs(invoice, customerId)
  return { isTheirs }
})

layer(Layer.provideMerge(shop, world()), { excludeTestServices: true })("of somebody else's orders", (it) => {
  it.effect("nothing is shown, and nothing changed, whatever is written, pressed or forged, and wherever", () =>
    Effect.gen(function* () {
      const made = yield* make
      const { other, theirs } = made
      const { combinations, leaks } = yield* leaksOf(made)
      assert.deepStrictEqual(leaks, [])
      assert.isAtLeast(combinations, 1000)

      // A screen that names another's invoice, should a handler make one, is not drawn.
      for (const _tag of ["Invoice", "Receipt"] as const)
        for (const invoiceId of theirs)
          assert.strictEqual((yield* Effect.exit(draw({ _tag, invoiceId }, other)))._tag, "Failure")
    }),
  )

  it.effect("much is shown and changed once nobody asks whose an invoice is: the test would see it", () =>
    Effect.gen(function* () {
      const made = yield* make
      planted.noOwnerCheck = true
      const { leaks } = yield* Effect.ensuring(
        leaksOf(made),
        Effect.sync(() => (planted.noOwnerCheck = false)),
      )
      for (const [what, wrong] of [
        [/^o:inv_\w+ by another/, "shows"],
        [/^c:inv_\w+ by another/, "shows"],
        [/^r:inv_\w+ by another/, "shows"],
        [/^x:inv_\w+ by another/, "changes"],
        [/^\/start \S+ by another/, "shows"],
      ] as const)
        assert.isTrue(
          leaks.some((leak) => what.test(leak) && leak.includes(wrong)),
          `${what} ${wrong}`,
        )
    }),
  )

  it.effect(
    "but everybody sees their own, by fresh buttons and by stale ones, and changes only what can be changed",
    () =>
      Effect.gen(function* () {
        const { isSecret, links, owner, seen, theirs } = yield* make
        const statusOf = (id: InvoiceId) => Effect.map(Invoices.get(id), ({ _tag }) => _tag)
        for (const invoiceId of theirs) {
          const status = yield* statusOf(invoiceId)
          const closes = status === "Issued" || status === "AwaitingPayment" ? "Cancelled" : status
          for (const action of [
            ...buttons.Check(invoiceId),
            ...buttons.Order(invoiceId),
            ...buttons.Receipt(invoiceId),
            ...buttons.Cancel(invoiceId),
          ]) {
            const shown = yield* seen(pressed(ada, "private", encode(action)), owner)
            // Also that the test would see a leak.
            assert.isTrue(isSecret(shown ?? ""), encode(action))
            const after = yield* statusOf(invoiceId)
            assert.strictEqual(
              after,
              action._tag === "Cancel" ? closes : status,
              `${encode(action)} of one that is ${status}`,
            )
          }
          assert.include(
            yield* seen(pressed(ada, "private", encode({ _tag: "Again", invoiceId })), owner),
            "This is no longer on sale.",
          )
          const link = links.payload({ _tag: "Invoice", invoiceId })
          for (const text of [`/start ${link}`, `/receipt ${invoiceId}`, "/orders"])
            assert.isTrue(isSecret((yield* seen(wrote(ada, "private", text), owner)) ?? ""), text)
        }
      }),
  )

  it.effect("an invoice's link shows it to its customer alone", () =>
    Effect.gen(function* () {
      const { links, other, own, owner, seen } = yield* make
      const text = `/start ${links.payload({ _tag: "Invoice", invoiceId: own })}`
      assert.include(yield* seen(wrote(eve, "private", text), other), "Eve's own")
      const shown = yield* seen(wrote(ada, "private", text), owner)
      assert.include(shown, "You have no such order.")
      assert.include(shown, "Paylog Coffee")
      assert.notInclude(shown, "Eve's own")
    }),
  )
})
