/** Telegraf in its place: it reads updates, routes them and runs middleware around the handlers. It neither fetches nor sends. */
import type { Database } from "@paylog/event-store/Database"
import type { EventStore } from "@paylog/event-store/EventStore"
import type { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Customers from "@paylog/payments/Customers"
import { Context as Services, Data, DateTime, Effect, Option, Redacted } from "effect"
import type { SecureRandom } from "effect/crypto"
import { Composer, type Context, Telegraf } from "telegraf"
import { callbackQuery } from "telegraf/filters"
import type { Update, UserFromGetMe } from "telegraf/types"
import { excess } from "./Budget.ts"
import type { Catalog } from "./Catalog.ts"
import { commands } from "./commands.ts"
import type { TelegramSettings } from "./environment.ts"
import { DeepLinks } from "./DeepLinks.ts"
import { type Answer, type Asked, press, show, type Terms, tooFast } from "./handlers.ts"
import type { Received } from "./Inbox.ts"
import { answer as answerStaff } from "./owner/answer.ts"
import type * as OwnersChat from "./owner/OwnersChat.ts"
import { pressedInChat } from "./owner/pressedInChat.ts"
import { decode } from "./view/Action.ts"

/** Middleware or a handler failed, or had a defect: `cause` is what it threw. */
export class HandlerFailed extends Data.TaggedError("HandlerFailed")<{ readonly cause: unknown }> {}

/** The kinds of updates that the bot asks Telegram for. */
export const allowedUpdates = ["message", "callback_query"] as const

/** What handling an update has led to, to be committed with its "handled" mark. */
export interface Handled extends Answer {
  /** Whom the messages are for; nobody when the update is from the owners' chat. */
  readonly customer: Customers.Customer | undefined
}

/** Handles an update; `undefined` when nothing is to be done about it. */
export type Handle = (received: Received) => Effect.Effect<Handled | undefined, HandlerFailed>

/** A handler that takes longer is interrupted, and counts as failed. */
const deadlineMs = 10_000

type Needed = Catalog | Database | EventStore | SecureRandom.SecureRandom | Terms | WorkQueue

/** The bot, as the function that handles an update. Handling it again does nothing twice. */
export const make = Effect.fnUntraced(function* (
  settings: TelegramSettings,
  me: UserFromGetMe,
  ownersChat: Option.Option<OwnersChat.Settings> = Option.none(),
) {
  const { token, apiRoot } = settings
  const services = yield* Effect.context<Needed>()
  const run = Effect.runPromiseWith(Services.add(services, DeepLinks, DeepLinks.make(settings)))
  const inHand = new WeakMap<Update, Received>()
  const outcomes = new WeakMap<Update, Handled>()

  /** Middleware that runs a handler, an Effect, for the customer whom the update comes from. */
  const handle =
    <C extends Context, E>(handler: (ctx: C, asked: Asked) => Effect.Effect<Answer, E, Needed | DeepLinks>) =>
    async (ctx: C) => {
      const received = inHand.get(ctx.update)
      if (received === undefined || ctx.from === undefined || ctx.chat === undefined) return
      const { key, invoiceId, receivedAt } = received
      const person = {
        telegramUserId: String(ctx.from.id),
        chatId: String(ctx.chat.id),
        language: ctx.from.language_code ?? "en",
      }
      const handled = Effect.gen(function* () {
        const customer = yield* Customers.identify(person)
        const asked: Asked = { customer, updateKey: key, invoiceId, askedAt: DateTime.fromDateUnsafe(receivedAt) }
        const past = yield* excess(received, person.telegramUserId)
        if (past > 0) return { customer, ...tooFast(past, ctx.callbackQuery !== undefined, asked) }
        // What the staff can do is nobody else's: to them it is as if it were not there.
        const staffs = yield* answerStaff(ctx.update, asked)
        return { customer, ...(staffs ?? (yield* handler(ctx, asked))) }
      })
      outcomes.set(ctx.update, await run(handled, { signal: AbortSignal.timeout(deadlineMs) }))
    }

  /** For buttons in the owners' chat, whoever presses them. */
  const inChat =
    ({ chatId }: OwnersChat.Settings) =>
    async ({ update, chat, callbackQuery }: Context) => {
      if (!inHand.has(update) || String(chat?.id) !== chatId || callbackQuery === undefined) return
      const { from } = callbackQuery
      const data = "data" in callbackQuery ? callbackQuery.data : ""
      const presser = { telegramUserId: String(from.id), language: from.language_code ?? "en" }
      outcomes.set(update, await run(pressedInChat(data, presser), { signal: AbortSignal.timeout(deadlineMs) }))
    }

  const routes = new Composer<Context>()
  for (const [name, command] of Object.entries(commands))
    routes.command(
      name,
      handle(({ payload }, asked) => command(payload, asked)),
    )
  routes.on(
    callbackQuery("data"),
    handle(({ callbackQuery: { data, message } }, asked) =>
      press(decode(data), message === undefined ? asked : { ...asked, messageId: message.message_id }),
    ),
  )
  routes.on(
    "message",
    handle(({ message }, { customer }) => {
      const shown = show({ _tag: "NotUnderstood" })
      // An album is an update for each of its pictures.
      return Effect.succeed(
        "media_group_id" in message && message.media_group_id !== undefined
          ? { ...shown, once: `album/${customer.customerId}/${message.media_group_id}` }
          : shown,
      )
    }),
  )

  const bot = new Telegraf(Redacted.value(token), {
    telegram: { apiRoot, webhookReply: false },
    // For middleware that is no Effect.
    handlerTimeout: deadlineMs,
  })
  bot.botInfo = me
  // Telegraf's own way is to print the update and set the exit code.
  bot.catch((error) => {
    throw error
  })
  // In a group, others would read along.
  bot.use(Composer.privateChat(routes))
  if (Option.isSome(ownersChat)) bot.on("callback_query", inChat(ownersChat.value))

  const handleOne: Handle = (received) =>
    Effect.tryPromise({
      try: async () => {
        inHand.set(received.update, received)
        await bot.handleUpdate(received.update)
        return outcomes.get(received.update)
      },
      catch: (cause) => new HandlerFailed({ cause }),
    })
  return handleOne
})
