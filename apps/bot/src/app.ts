/** The bot: all that runs, on a database and Telegram. */
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import type { Pace } from "@paylog/payments/Sending"
import { type Duration, Effect, identity, Layer, Option, Schedule } from "effect"
import * as Bot from "./Bot.ts"
import * as Budget from "./Budget.ts"
import { Catalog, type Contents } from "./Catalog.ts"
import type { TelegramSettings, WebhookSettings } from "./environment.ts"
import { forgetAnswers } from "./forgetAnswers.ts"
import * as Fulfilment from "./fulfilment.ts"
import { Terms } from "./handlers.ts"
import { type AdminSettings, adminServer } from "./admin.ts"
import { handleUpdates } from "./handleUpdates.ts"
import { Inbox } from "./Inbox.ts"
import * as Loops from "./Loops.ts"
import { tellOwners } from "./owner/alarms.ts"
import type * as OwnersChat from "./owner/OwnersChat.ts"
import { patiently } from "./patiently.ts"
import { persist } from "./persist.ts"
import * as Purchases from "./Purchases.ts"
import { poll } from "./polling.ts"
import { send } from "./send.ts"
import { Telegram } from "./Telegram.ts"
import { commands } from "./view/pages.ts"
import * as Webhook from "./webhook.ts"
import { languages } from "./words/language.ts"

export interface Settings {
  readonly telegram: TelegramSettings
  /** Without it the bot polls. */
  readonly webhook: Option.Option<WebhookSettings>
  readonly payWithin: Duration.Duration
  readonly catalog: Contents
  /** Of sending. */
  readonly pace: Pace
  /** How much one customer may ask for. Default: as `Budget` has it. */
  readonly budget?: Budget.Limits
  /** Where the owners are told what needs a person; without it, each of them. */
  readonly ownersChat?: Option.Option<OwnersChat.Settings>
  /** How often it is looked whether the owners are to be told something. Default: 5 seconds. */
  readonly tellOwnersEvery?: Duration.Input
  /** Stands around the handling of each update: for measures of a team's own, and for tests in which it fails. */
  readonly around?: (handle: Bot.Handle) => Bot.Handle
}

/** Health and metrics: on a port of their own, or, without one, on the webhook's. */
export interface Admin<R> {
  readonly address: AdminSettings | undefined
  readonly routes: Layer.Layer<never, never, R>
}

/** Runs for ever, until one of its parts has a defect: then all stop, and so should the process. Without `admin` nobody can ask how it is. */
export const bot = <R = never>(
  {
    telegram,
    webhook,
    payWithin,
    catalog,
    pace,
    budget,
    ownersChat = Option.none(),
    tellOwnersEvery,
    around = identity,
  }: Settings,
  { address, routes }: Admin<R> = { address: undefined, routes: Layer.empty },
) =>
  Effect.all(
    [
      Option.match(webhook, {
        onNone: () => poll(telegram.botId),
        onSome: (settings) => Layer.launch(Webhook.layer(settings, address === undefined ? routes : Layer.empty)),
      }),
      address === undefined ? Effect.never : Layer.launch(adminServer(address, routes)),
      handling(telegram, ownersChat, around),
      send(pace),
      WorkerRunner.run({ ...FulfilInvoice.worker(), onLook: Loops.beat("fulfilment", fulfilmentLooks) }),
      Effect.forEach(languages, setCommands),
      forgetting,
      tellOwners(ownersChat, tellOwnersEvery),
    ],
    { concurrency: "unbounded", discard: true },
  ).pipe(
    Effect.provide([
      Loops.layer([...(Option.isNone(webhook) ? (["poller"] as const) : []), "inbox", "sender", "fulfilment"]),
      Inbox.layer(telegram.botId),
      Telegram.layer(telegram),
      Layer.provideMerge(Fulfilment.layer, Layer.succeed(Catalog, catalog)),
      Layer.succeed(Terms, { payWithin }),
      budget === undefined ? Layer.empty : Layer.succeed(Budget.Budget, budget),
    ]),
  )

/** Each 10 s, or, while all handlers are busy, when the first of them is done: their lease is 30 s. */
const fulfilmentLooks = "40 seconds"

/** Updates are stored while Telegram cannot be asked who the bot is, and handled then. */
const handling = Effect.fnUntraced(function* (
  settings: TelegramSettings,
  ownersChat: Option.Option<OwnersChat.Settings>,
  around: (handle: Bot.Handle) => Bot.Handle,
) {
  const telegram = yield* Telegram
  const me = yield* persist("getMe", telegram.call("getMe", {}))
  yield* Effect.logInfo(`The bot @${me.username} is ready`)
  return yield* handleUpdates(around(yield* Bot.make(settings, me, ownersChat)))
})

/**
 * The menu beside the text field, in private chats: the bot does nothing elsewhere. English is also for those whose language
 * we do not speak. Should Telegram refuse it, the bot works without.
 */
const setCommands = Effect.fnUntraced(function* (language: (typeof languages)[number]) {
  const telegram = yield* Telegram
  const menu = {
    commands: commands(language),
    scope: { type: "all_private_chats" } as const,
    ...(language === "en" ? {} : { language_code: language }),
  }
  const set = telegram.call("setMyCommands", menu).pipe(
    Effect.asVoid,
    Effect.catchTag("Refused", ({ reason }) => Effect.logWarning(`Telegram refuses the menu: ${reason}`)),
  )
  yield* persist("setMyCommands", set)
})

const forgetting = Effect.gen(function* () {
  const inbox = yield* Inbox
  yield* Effect.all([inbox.forget, Purchases.forget, Budget.forget, forgetAnswers], { discard: true }).pipe(
    patiently("What is old cannot be deleted"),
    Effect.repeat(Schedule.spaced("1 hour")),
  )
})
