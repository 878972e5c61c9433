/** Calls of the Bot API (https://core.telegram.org/bots/api#making-requests). What can go wrong is typed by what to do about it. */
import { explain } from "@paylog/domain/Text"
import { Context, Data, Effect, Layer, Redacted } from "effect"
import { Telegram as Client, TelegramError } from "telegraf"
import type { Opts, Telegram as Methods } from "telegraf/types"
import type { TelegramSettings } from "./environment.ts"

/** Too fast: not before then. Nothing was done. */
export class TooManyRequests extends Data.TaggedError("TooManyRequests")<{ readonly afterMs: number }> {}

/** Telegram is out of reach, or no bot has this token. `perhapsDone`: time-out, reset, 502, 504; whether it was done is not known. */
export class Unavailable extends Data.TaggedError("Unavailable")<{
  readonly reason: string
  readonly perhapsDone: boolean
}> {}

/** Another process asks for this bot's updates. */
export class Conflict extends Data.TaggedError("Conflict") {}

/** The user has blocked the bot, or is gone. */
export class Blocked extends Data.TaggedError("Blocked") {}

/** The message shows just that already. */
export class NotModified extends Data.TaggedError("NotModified") {}

/** The message to edit is gone, or can no longer be edited. */
export class MessageGone extends Data.TaggedError("MessageGone") {}

/** Telegram will refuse it again: a fault of ours. `reason` holds no personal data. */
export class Refused extends Data.TaggedError("Refused")<{ readonly code: number; readonly reason: string }> {}

export type Failure = TooManyRequests | Unavailable | Conflict | Blocked | NotModified | MessageGone | Refused

export class Telegram extends Context.Service<
  Telegram,
  {
    /**
     * One call, not repeated. It ends within `deadlineMs` (10 s unless given) whether it may be interrupted or not; an
     * interruption hangs up.
     */
    readonly call: <M extends keyof Methods>(
      method: M,
      parameters: Opts<M>,
      deadlineMs?: number,
    ) => Effect.Effect<ReturnType<Methods[M]>, Failure>
  }
>()("bot/Telegram") {
  static readonly layer = ({ token, apiRoot }: TelegramSettings): Layer.Layer<Telegram> =>
    Layer.sync(Telegram, () => {
      const client = new Client(Redacted.value(token), { apiRoot, webhookReply: false })
      return Telegram.of({
        call: (method, parameters, deadlineMs = 10_000) =>
          Effect.tryPromise({
            try: (interrupted) => {
              const signal = AbortSignal.any([interrupted, AbortSignal.timeout(deadlineMs)])
              // @ts-expect-error Telegraf names the type of a polyfill; what it takes, and Node has, is the real one.
              return client.callApi(method, parameters, { signal })
            },
            catch: failure,
          }),
      })
    })
}

/** There was no connection, so nothing was asked. */
const unconnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"])

const failure = (cause: unknown): Failure => {
  // What fetch says holds the URL, and so the token.
  if (!(cause instanceof TelegramError)) {
    const named = cause instanceof Error && "type" in cause ? String(cause.type) : "no answer"
    const perhapsDone = !(cause instanceof Error && "code" in cause && unconnected.has(String(cause.code)))
    return new Unavailable({ reason: named, perhapsDone })
  }
  const { code, description, parameters } = cause
  if (code === 429) return new TooManyRequests({ afterMs: (parameters?.retry_after ?? 1) * 1000 })
  // 401 and 404: the token is not, or no more, that of a bot. An operator sees to that, and then all goes on.
  if (code >= 500 || code === 401 || code === 404)
    return new Unavailable({ reason: `status ${code}`, perhapsDone: code > 500 && code !== 503 })
  if (code === 409) return new Conflict()
  if (code === 403 || /chat not found|user is deactivated|PEER_ID_INVALID/i.test(description)) return new Blocked()
  if (/message is not modified/i.test(description)) return new NotModified()
  if (/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i.test(description))
    return new MessageGone()
  return new Refused({ code, reason: explain(description) })
}
