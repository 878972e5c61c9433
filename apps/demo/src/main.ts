/** `npx -y pnpm demo`: starts Postgres, both simulators, the ingester and the bot; then a person buys on a page, or with `--once` a script. */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { EventStore } from "@paylog/event-store/EventStore"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { runMain } from "@paylog/process/runMain"
import * as ControlApi from "@paylog/telegram-emulator/ControlApi"
import { Config, Console, Effect, Layer, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import { addOwners } from "./owners.ts"
import { pageServer } from "./PageServer.ts"
import { answers, freePort, start } from "./processes.ts"
import { purchase } from "./purchase.ts"
import { readOnlyLog } from "./readOnlyLog.ts"
import { report } from "./report.ts"
import { sealing } from "./sealing.ts"
import { Faults } from "./Switches.ts"

const webhookPath = "/webhooks/walletpay"
const main = (folder: string) => new URL(`../../../${folder}/src/main.ts`, import.meta.url)

/** What no webhook told is asked for so soon that a person at the page waits for it. */
const askSoon = { SWEEP_EVERY: "10 seconds", POLL_FIRST: "5 seconds" }

/**
 * Starts all parts; answers with their addresses once each is ready, and with an effect that fails when one ends. Links to
 * Wallet's pay page lead to `payPage`, or to the simulator itself.
 */
const paylog = Effect.fnUntraced(function* (url: Redacted.Redacted, payPage?: string) {
  const [simulator, emulator, ingester, bot] = yield* Effect.forEach([8090, 8091, 8080, 8081], freePort)
  const random = yield* SecureRandom.SecureRandom
  const key = yield* random.uuidV4()
  // Telegram counts a bot's updates from where it was; a new emulator begins anew, so it needs a bot of its own.
  const token = `${yield* random.intBetween(100_000_000, 999_999_999)}:demo`
  const local = (port: number | undefined) => `http://127.0.0.1:${port}`
  const database = { DATABASE_URL: Redacted.value(url) }
  const sealed = yield* sealing
  const parts = [
    {
      name: "Wallet Pay simulator",
      main: main("packages/wallet-pay-simulator"),
      env: {
        PORT: `${simulator}`,
        WALLETPAY_API_KEY: key,
        WEBHOOK_URL: `${local(ingester)}${webhookPath}`,
        ...(payPage === undefined ? {} : { SIMULATOR_PUBLIC_URL: payPage }),
      },
      ready: `${local(simulator)}/simulator`,
    },
    {
      name: "Telegram emulator",
      main: main("packages/telegram-emulator"),
      env: { PORT: `${emulator}`, TELEGRAM_BOT_TOKEN: token, BOT_NAME: "Paylog Coffee" },
      ready: `${local(emulator)}/emulator/bots`,
    },
    {
      name: "Ingester",
      main: main("apps/ingester"),
      env: {
        ...database,
        ...sealed?.ingester,
        ...(payPage === undefined ? {} : askSoon),
        PORT: `${ingester}`,
        WALLETPAY_API_KEY: key,
        WALLETPAY_BASE_URL: local(simulator),
        WALLETPAY_WEBHOOK_PATH: webhookPath,
      },
      ready: `${local(ingester)}/health/ready`,
    },
    {
      name: "Bot",
      main: main("apps/bot"),
      env: {
        ...database,
        ...sealed?.bot,
        ...(payPage === undefined ? {} : { INVOICE_PAY_WITHIN: "10 minutes" }),
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: local(emulator),
        BOT_PORT: `${bot}`,
      },
      ready: `${local(bot)}/health/ready`,
    },
  ]
  const started = yield* Effect.forEach(parts, (part) => Effect.map(start(part), ({ ended }) => ended))
  const ended = Effect.raceAllFirst(started)
  yield* Effect.raceFirst(
    Effect.forEach(parts, ({ name, ready }) =>
      Effect.andThen(answers(name, ready), Console.log(`• ${name}: ${new URL(ready).origin}`)),
    ),
    ended,
  )
  return {
    ended,
    emulator: local(emulator),
    simulator: local(simulator),
    ingester: local(ingester),
    bot: local(bot),
    sealed,
  }
})

/** A server of the user's own is not shown with its password; that of the demo is of use only with it. */
const whereTheLogIs = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const given = yield* Config.option(Config.Redacted("DATABASE_URL"))
  return Option.isSome(given) ? "where DATABASE_URL points" : `DATABASE_URL=${Redacted.value(url)}`
})

/** For whoever does not trust the demo. */
const checking = (ingester: string, verifierKey: string) => `
  Its signed checkpoint              ${ingester}/checkpoint
  Check all of it                    npx -y pnpm paylog verify --key '${verifierKey}'`

/** Plays one purchase and answers with the line that sums it up. */
const once = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const { ended, emulator } = yield* paylog(url)
  const played = Effect.gen(function* () {
    const before = yield* EventStore.use((store) => store.head)
    yield* Console.log("\nOne purchase:\n")
    yield* purchase(emulator)
    return yield* report(before)
  }).pipe(Effect.provide(layerPostgres({ url, ownerUrl: undefined, directUrl: url })))
  return yield* Effect.raceFirst(played, ended)
})

/** Serves the page until a part ends or a signal comes. */
const page = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const port = yield* freePort(8092)
  const address = `http://127.0.0.1:${port}`
  const { bot, ended, emulator, simulator, ingester, sealed } = yield* paylog(url, address)
  const telegram = yield* ControlApi.client(emulator)
  const customer = yield* telegram.addUser({ payload: { firstName: "Ann", languageCode: "en" } })
  yield* telegram.addUser({ payload: { firstName: "Аня", languageCode: "ru" } })
  yield* addOwners(url, emulator)
  const server = pageServer({ port, emulator, simulator, ingester, customer: customer.id }).pipe(
    Layer.provide(Faults.layer({ simulator, emulator })),
    Layer.provide(readOnlyLog(url)),
  )
  yield* Layer.build(server)
  yield* Console.log(`
Open ${address}/ and buy something: the chat, the log as it fills, and what can go wrong.

  Orders, webhooks and more faults   ${simulator}/simulator
  Metrics and health                 ${ingester}/metrics, ${ingester}/health/ready; the same of the bot: ${bot}/
  The log                            ${yield* whereTheLogIs(url)}${sealed === undefined ? "" : checking(ingester, sealed.verifierKey)}

Ctrl-C ends it all.`)
  return yield* ended
})

const demo = Effect.fnUntraced(function* (isOnce: boolean) {
  yield* Console.log("Paylog demo. Wallet Pay and Telegram are simulated; all else is what runs in production.\n")
  const { url } = yield* DevPostgres
  yield* Console.log(`• Postgres: ${new URL(Redacted.value(url)).host}`)
  return yield* isOnce ? once(url) : page(url)
})

const command = Command.make(
  "demo",
  { once: Flag.Boolean("once").pipe(Flag.withDescription("End after one purchase"), Flag.withDefault(false)) },
  ({ once }) =>
    demo(once).pipe(
      Effect.scoped,
      Effect.provide([DevPostgres.layer, SecureRandom.layerWebCrypto]),
      // After everything has stopped, so that it is the last line.
      Effect.flatMap(Console.log),
    ),
)

runMain(
  Command.run(command, { version: "0.1.0" }).pipe(
    Effect.provide(Layer.mergeAll(NodeServices.layer, NodeHttpClient.layerUndici)),
  ),
)
