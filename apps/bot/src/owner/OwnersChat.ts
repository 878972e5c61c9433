/**
 * The chat where the owners are told what needs a person, instead of each on their own. It says nothing of who may decide: that
 * stands in the database, and is asked of whoever presses a button there.
 */
import type { CustomerId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Clock, Config, Duration, Effect, Option, Schema } from "effect"
import type { SecureRandom } from "effect/crypto"
import { Telegram } from "../Telegram.ts"
import { type Language, languages } from "../words/language.ts"

export interface Settings {
  /** Of a group or a supergroup: negative. */
  readonly chatId: string
  readonly language: Language
}

const ChatId = Schema.String.check(
  Schema.isPattern(/^-[1-9]\d{0,19}$/, { expected: "the number of a group, such as -1001234567890" }),
)

/** `OWNERS_CHAT_ID`: without it each owner is told. `OWNERS_CHAT_LANGUAGE`: en or ru. */
export const environment: Config.Config<Option.Option<Settings>> = Config.option(
  Config.schema(ChatId, "OWNERS_CHAT_ID"),
).pipe(
  Config.flatMap((chatId) =>
    Option.isNone(chatId)
      ? Config.succeed(Option.none())
      : Config.schema(Schema.Literals(languages), "OWNERS_CHAT_LANGUAGE").pipe(
          Config.withDefault("en" as const),
          Config.map((language) => Option.some({ chatId: chatId.value, language })),
        ),
  ),
)

export type State =
  | { readonly _tag: "None" }
  /** `Closed`: Telegram does not let the bot write there. */
  | { readonly _tag: "Open" | "Closed"; readonly customerId: CustomerId }

/**
 * Answers how the chat is now, each time it is run, and says in the log when that changes. One small query; while the chat is
 * closed, one call every `lookEvery`.
 */
export const make = (
  settings: Option.Option<Settings>,
  lookEvery: Duration.Input,
): Effect.Effect<State, StoreUnavailable, Needed> => {
  if (Option.isNone(settings)) return Effect.succeed<State>({ _tag: "None" })
  const { chatId, language } = settings.value
  /** Not known before the first look: a wrong number is said before there is anything to tell. */
  let isOpen: boolean | undefined
  let lookAtMs = 0
  const lookEveryMs = Duration.toMillis(lookEvery)

  const become = Effect.fnUntraced(function* (open: boolean) {
    if (isOpen === open) return
    isOpen = open
    yield* open
      ? Effect.logInfo("The owners' chat is told what needs a person")
      : Effect.logError(
          "The bot cannot write to OWNERS_CHAT_ID, and each owner is told instead. Is the number right, and the bot in that chat and allowed to write?",
        )
  })

  return Effect.gen(function* () {
    const { customerId } = yield* Customers.identify({ telegramUserId: chatId, chatId, language })
    const { query, transaction } = yield* Database
    const [row] = yield* query<{ readonly closed: boolean }>(isClosed, [customerId])
    const nowMs = yield* Clock.currentTimeMillis
    if (row?.closed === true && isOpen !== false) {
      yield* become(false)
      lookAtMs = nowMs + lookEveryMs
    }
    if (isOpen !== true && nowMs >= lookAtMs) {
      lookAtMs = nowMs + lookEveryMs
      const isIn = yield* look(chatId)
      // What waits for the chat is due.
      if (isIn === true) yield* transaction((sql) => Deliveries.heardFrom(sql, customerId))
      if (isIn !== undefined) yield* become(isIn)
    }
    return { _tag: isOpen === false ? "Closed" : "Open", customerId }
  })
}

type Needed = Database | SecureRandom.SecureRandom | Telegram

/** Telegram tells of a chat only to whom it lets in; `undefined`: it does not answer. */
const look = Effect.fnUntraced(function* (chatId: string) {
  const telegram = yield* Telegram
  return yield* telegram.call("getChat", { chat_id: chatId }).pipe(
    Effect.as(true),
    Effect.catchTags({ TooManyRequests: () => Effect.undefined, Unavailable: () => Effect.undefined }),
    Effect.orElseSucceed(() => false),
  )
})

const isClosed = Statement.fromFile(new URL("../../sql/owner/is-closed.sql", import.meta.url))
