/** From a signed webhook until its customer's message is edited: ingester, bot and emulated Telegram as processes, at Telegram's limits. */
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as Sending from "@paylog/payments/Sending"
import * as Work from "@paylog/payments/Work"
import { Duration, Effect, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { randomUUID } from "node:crypto"
import { fileURLToPath } from "node:url"
import { Ground } from "../Ground.ts"
import { judge } from "../messages/judge.ts"
import { pay } from "../messages/pay.ts"
import { telegram, token } from "../messages/telegram.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, run, sql } from "../postgres.ts"
import { type Contestant, type Effort, type Scenario, Unsound } from "../Scenario.ts"
import { ingesterSettings } from "../webhooks/deliveries.ts"
import { issueTo } from "../webhooks/invoices.ts"
import { start, startIngester } from "../webhooks/serverProcess.ts"
import { settled, untilNothing } from "../webhooks/settled.ts"

const chats = 100

/** The p99 of fewer is little more than the slowest. */
const payments = 100

/** What 50 a second need until all is sent, thrice. */
const patience = Duration.minutes(2)

const bot = new URL("../../../bot/src/main.ts", import.meta.url)
const catalog = fileURLToPath(new URL("../messages/catalog.json", import.meta.url))

const contestants = Effect.gen(function* () {
  const ground = yield* Ground
  const { url } = yield* ground.fill(0)
  const admin = yield* connect(url)
  yield* run(admin, sql("deliver-nothing"))
  const services = yield* Paylog.services(url)
  const { addUser, calls, ended, root } = yield* telegram
  const server = yield* startIngester(ingesterSettings(Redacted.value(url)))
  const seller = yield* start(
    bot,
    {
      DATABASE_URL: Redacted.value(url),
      TELEGRAM_BOT_TOKEN: token,
      TELEGRAM_API_ROOT: root,
      CATALOG_FILE: catalog,
    },
    /is ready/,
  )
  const customers = yield* Effect.forEach(Array.from({ length: chats }), (_, n) =>
    Effect.gen(function* () {
      const id = 5_000_000_000 + n
      yield* addUser(id)
      return yield* Effect.orDie(Customers.identify({ telegramUserId: String(id), chatId: String(id), language: "en" }))
    }).pipe(Effect.provideContext(services), Effect.provide(SecureRandom.layerWebCrypto)),
  )

  /** Until everything is done and sent, and every chat takes a message again. */
  const quiet = Effect.gen(function* () {
    yield* settled("messages", [Work.openOrders, FulfilInvoice.queue], patience)
    const unsent = Effect.gen(function* () {
      const { waiting } = yield* Sending.status
      const queues = yield* (yield* WorkQueue).status
      const goods = queues.find(({ queue }) => queue === FulfilInvoice.queue)?.items ?? 0n
      return [
        ...(waiting === 0n ? [] : [`${waiting} customers wait for messages`]),
        ...(goods === 0n ? [] : [`${goods} payments wait for their goods`]),
      ]
    }).pipe(Effect.orDie)
    yield* untilNothing("messages", unsent, patience)
    // What was sent last may lead to something, as goods do.
    yield* settled("messages", [FulfilInvoice.queue], patience)
    yield* untilNothing("messages", unsent, patience)
    yield* Effect.sleep("1 second")
  }).pipe(Effect.provideContext(services))

  let delivered = 0
  const at = (
    name: string,
    about: string,
    { perSecond, goods, news }: { readonly perSecond: number; readonly goods: boolean; readonly news: boolean },
  ) =>
    ({
      name,
      about,
      round: ({ seconds, rehearsal }: Effort) =>
        Effect.gen(function* () {
          yield* run(admin, `alter table paylog.work ${goods ? "disable" : "enable"} trigger deliver_nothing`)
          const count = rehearsal ? payments / 5 : Math.max(payments, Math.ceil(perSecond * seconds))
          const invoices = yield* issueTo(
            Array.from({ length: count }, (_, n) => customers[n % chats]?.customerId ?? ""),
          ).pipe(Effect.provideContext(services))
          yield* quiet
          const before = (yield* calls(0)).at(-1)?.number ?? 0
          if (news) yield* tellEverybody
          const first = delivered
          delivered += count
          const accepted = yield* pay(server.port, perSecond, invoices, first)
          yield* quiet
          const paid = invoices.map((invoiceId, n) => ({
            invoiceId,
            chatId: customers[n % chats]?.chatId ?? "",
            acceptedAtMs: accepted.atMs[n] ?? Number.NaN,
          }))
          const latencies = judge(yield* calls(before), paid, { goods, news: news ? chats : 0, queued: perSecond > 25 })
          if (typeof latencies === "string") return yield* new Unsound({ contestant: name, reason: latencies })
          return { operations: latencies.length, seconds: accepted.seconds, latencies }
        }).pipe(Effect.raceFirst(ended), Effect.raceFirst(server.ended), Effect.raceFirst(seller.ended)),
    }) satisfies Contestant

  const tellEverybody = Effect.suspend(() =>
    Deliveries.broadcast({ broadcastId: randomUUID(), body: '{"screen":{"_tag":"Help"}}' }),
  ).pipe(Effect.orDie, Effect.provideContext(services))

  return [
    at("20 a second", "paid for and delivered: three messages a payment, of which the receipts are measured", {
      perSecond: 20,
      goods: true,
      news: false,
    }),
    at("20, no goods", "the same, and nothing is delivered: one message a payment", {
      perSecond: 20,
      goods: false,
      news: false,
    }),
    at("50 a second", "twice as many receipts as may be sent, their goods, and news to everybody before", {
      perSecond: 50,
      goods: true,
      news: true,
    }),
  ] satisfies ReadonlyArray<Contestant>
})

export const messages: Scenario = {
  name: "messages",
  apart: true,
  atMostRounds: 3,
  title: "from a signed webhook until its customer's message is edited, at 25 messages a second",
  comparisons: [{ of: "20 a second", against: "20, no goods", figure: "p99" }],
  limits: [{ of: "20 a second", figure: "p99", budget: { must: 250, goal: 100 } }],
  prepare: contestants,
}
