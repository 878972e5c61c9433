/** What the owners are told of by itself, whichever process finds it: each once. */
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import { openOrders } from "@paylog/payments/Work"
import { DateTime, Effect } from "effect"
import { count, eventually } from "./support/eventually.ts"
import { about, openOrder, pay } from "./support/shop.ts"
import { followed, member, startStaffBot, staffWorld } from "./support/staff.ts"

const sql = (text: string) => Database.use(({ query }) => query({ name: "", text }))

/** An invoice that was issued so many minutes ago, of a customer whom nobody writes to. */
const issuedAgo = Effect.fnUntraced(function* (minutes: number) {
  const invoiceId = yield* Ids.invoiceId
  const now = yield* DateTime.now
  yield* Invoices.command(
    invoiceId,
    "issue",
    {
      _tag: "Issue",
      invoiceId,
      customerId: yield* Ids.customerId,
      lines: [{ title: "House blend", quantity: 1, unitPrice: Money.of("USD", 1250n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
      at: DateTime.subtract(now, { minutes }),
    },
    about,
  )
  return invoiceId
})

/** It waits in a queue that nobody works off. */
const waitsIn = (queue: string, invoiceId: InvoiceId) =>
  sql(
    `insert into paylog.work (queue, key, due_at) values ('${queue}', '${invoiceId}', clock_timestamp() + interval '1 hour')`,
  )

const conflicted = Effect.gen(function* () {
  const invoiceId = yield* issuedAgo(1)
  const now = yield* DateTime.now
  const request = {
    _tag: "RequestOrder",
    provider: "wallet-pay",
    externalId: invoiceId,
    description: "a product",
    timeoutSeconds: 1790,
    repeatUntil: DateTime.add(now, { seconds: 60 }),
    at: now,
  } as const
  yield* Invoices.command(invoiceId, "request-order", request, about)
  yield* Invoices.command(invoiceId, "conflict", { _tag: "RecordOrderConflict", at: now }, about)
  yield* waitsIn(openOrders, invoiceId)
})

const lateOrder = Effect.flatMap(issuedAgo(11), (invoiceId) => waitsIn(openOrders, invoiceId))

const lateGoods = Effect.gen(function* () {
  const invoiceId = yield* issuedAgo(15)
  yield* openOrder(invoiceId)
  yield* pay(invoiceId, { completedAt: DateTime.subtract(yield* DateTime.now, { minutes: 11 }) })
  yield* waitsIn(FulfilInvoice.queue, invoiceId)
})

const parkedUpdate = sql(
  "insert into bot.updates (bot_id, update_id, chat_id, body, invoice_id, parked_at) values (77, 1, 1, '{}', 'x', now())",
)

const parkedMessage = sql(
  "insert into payments.deliveries (delivery_id, customer_id, body, revision, parked_reason) values ('test', 'cus_x', '{}', 1, '400 a test')",
)

/** What to do, in a word, and how each comes about. */
const cases = [
  { title: "it was used twice", next: "paylog explain", arise: conflicted },
  { title: "Orders wait for the provider", next: "1", arise: lateOrder },
  { title: "What was paid for is not delivered", next: "1", arise: lateGoods },
  { title: "An update of the bot is parked", next: "paylog unpark updates", arise: parkedUpdate },
  { title: "A message is set aside", next: "paylog unpark messages", arise: parkedMessage },
]

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("an owner", (it) => {
  it.effect(
    "is told once, with what to do, of an id used twice, of late orders and goods, and of what was set aside",
    () =>
      Effect.gen(function* () {
        // Two processes look.
        yield* startStaffBot
        yield* startStaffBot
        const ann = yield* member("Ann")
        for (const { arise, next, title } of cases) {
          yield* arise
          yield* followed
          yield* ann.message(title, next)
        }
        // More of the same is nothing new; then another look has passed, for it has found something else.
        yield* lateOrder
        yield* followed
        yield* sql(
          "insert into paylog.parked (follower, stream, position, version, reason) values ('open-items', 'invoice-inv_x', 1, 1, 'a test')",
        )
        yield* ann.message("A stream is parked")
        const told = count("select count(*) from bot.told_alarms")
        yield* eventually(() => Effect.map(told, (n) => n === cases.length + 1))
        const { messages } = yield* ann.chat
        for (const { title } of cases)
          assert.lengthOf(
            messages.filter(({ text }) => text.includes(title)),
            1,
            title,
          )
      }),
  )
})
