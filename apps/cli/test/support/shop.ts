/** A shop at work: the simulator, and the ingester as a real process, over the test's database. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import { compileCache } from "@paylog/process/compileCache"
import { Control, type Payment } from "@paylog/wallet-pay-simulator/Control"
import * as Simulator from "@paylog/wallet-pay-simulator/Simulator"
import { Context, DateTime, Effect, Layer, Redacted, References, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { World, world } from "./paylog.ts"

export const key = "test-store-key-0123456789"
export const about: About = { actor: { kind: "Worker", id: "test" }, source: "Worker", correlationId: "test" }

/** An app as a real process, until the scope ends; all that it writes is kept. */
export const launched = Effect.fnUntraced(function* (app: "ingester" | "bot", env: Record<string, string>) {
  const main = fileURLToPath(new URL(`../../../${app}/src/main.ts`, import.meta.url))
  let output = ""
  const { ended } = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [main], {
        env: { ...compileCache, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      })
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
      return { child, ended: once(child, "exit") }
    }),
    ({ child, ended }) => Effect.promise(() => (child.kill("SIGKILL"), ended)),
  )
  const port = Effect.sync(() => /Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]).pipe(
    Effect.repeat({ until: (found) => found !== undefined, schedule: Schedule.spaced("20 millis") }),
    Effect.map((found) => found ?? ""),
    Effect.raceFirst(Effect.promise(() => ended.then(() => Promise.reject(new Error(`The ${app} ended: ${output}`))))),
  )
  return { output: () => output, port }
})

/** What `paylog reconcile` needs, and what the shop does. */
export class Shop extends Context.Service<
  Shop,
  {
    readonly env: Record<string, string>
    /** Of the ingester, when there is one. */
    readonly metrics: Effect.Effect<string>
  }
>()("test/Shop") {}

export const simulator = (clock: "real" | "virtual") =>
  Simulator.layer({ seed: "a shop", clock, stores: [{ apiKeys: [Redacted.make(key)] }] }).pipe(
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Warn")),
  )

export const shop = Layer.effect(
  Shop,
  Effect.gen(function* () {
    const { url } = yield* World
    const { baseUrl, putStore } = yield* Control
    const env = { DATABASE_URL: url, WALLETPAY_API_KEY: key, WALLETPAY_BASE_URL: baseUrl }
    const ingester = yield* launched("ingester", { ...env, WALLETPAY_WEBHOOK_PATH: "/hooks/wallet", PORT: "0" })
    const port = yield* ingester.port
    yield* putStore({ webhookUrl: `http://127.0.0.1:${port}/hooks/wallet` })
    const metrics = Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text()))
    return { env, metrics }
  }),
).pipe(Layer.provideMerge(Layer.mergeAll(world, simulator("real"), SecureRandom.layerWebCrypto)))

/** Without an ingester: nobody opens orders, or hears of them. At the provider's, the year 2026 has just begun. */
export const closedShop = Layer.effect(
  Shop,
  Effect.gen(function* () {
    const { url } = yield* World
    const { baseUrl } = yield* Control
    const env = { DATABASE_URL: url, WALLETPAY_API_KEY: key, WALLETPAY_BASE_URL: baseUrl }
    return { env, metrics: Effect.succeed("") }
  }),
).pipe(Layer.provideMerge(Layer.mergeAll(world, simulator("virtual"), SecureRandom.layerWebCrypto)))

/** An invoice of 12.50 USD, once its order is open at the provider and the log has that. */
export const ordered = Effect.gen(function* () {
  const now = yield* DateTime.now
  const { customerId } = yield* Customers.identify({ telegramUserId: "7123456789", chatId: "1", language: "en" })
  const invoiceId = yield* Invoices.issue(
    {
      customerId,
      lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
      payBy: DateTime.add(now, { minutes: 30 }),
      policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
    },
    about,
  )
  yield* until(invoiceId, "AwaitingPayment")
  return invoiceId
})

/** Waits until the log says so. */
export const until = (invoiceId: InvoiceId, status: string) =>
  Invoices.get(invoiceId).pipe(
    Effect.repeat({ until: ({ _tag }) => _tag === status, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("20 seconds"),
  )

/** Paid at the provider, and told to us unless webhooks are dropped. */
export const pay = Effect.fnUntraced(function* (invoiceId: string, how: Payment = {}) {
  const control = yield* Control
  yield* control.pay(invoiceId, { currency: "USDT", ...how })
  yield* control.idle
})

/** While it runs, no webhook arrives, then or later. */
export const unheard = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Control.use(({ configure }) =>
    Effect.acquireUseRelease(
      configure({ webhooks: { mode: "drop" } }),
      () => effect,
      () => Effect.orDie(configure({ webhooks: { mode: "deliver" } })),
    ),
  )
