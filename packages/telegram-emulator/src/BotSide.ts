/** What the bots meet: their calls, with everything that can happen to one, and the deliveries to their webhooks. */
import { Clock, Effect, FiberMap, Result } from "effect"
import { HttpClient } from "effect/http"
import { ApiError, conflict, tooManyRequests, type Update } from "./BotApi.ts"
import { deliver, failed, type Outcome } from "./Deliveries.ts"
import type { Fault, Faults } from "./Faults.ts"
import type { FloodControl } from "./FloodControl.ts"
import type { Answer } from "./Method.ts"
import { messageMethods, methods, worksInWebhookAnswer } from "./methods.ts"
import { onWire } from "./onWire.ts"
import { Parameters } from "./Parameters.ts"
import { Polling } from "./Polling.ts"
import { postUpdate, type WebhookAnswer } from "./postUpdate.ts"
import type { OpenEntry, Transcript } from "./Transcript.ts"
import type { Bot, Webhook, World } from "./World.ts"

/** What a call gets back; the last three are no words of the Bot API, but what happens to its connection. */
export type Reply =
  | { readonly _tag: "Answered"; readonly answer: Answer }
  | { readonly _tag: "Refused"; readonly error: ApiError }
  | { readonly _tag: "ServerError"; readonly status: number }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "Reset" }

export interface BotSide {
  /** A bot calls a method. Waits only in `getUpdates`. */
  readonly call: (token: string, method: string, parameters: Parameters) => Effect.Effect<Reply>
  /** Goes on delivering, or stops, as the bot's webhook now is. To be called whenever it has changed. */
  readonly serveWebhook: (bot: Bot) => Effect.Effect<void>
}

interface Parts {
  readonly world: World
  readonly clock: Clock.Clock
  readonly faults: Faults
  readonly flood: FloodControl
  readonly transcript: Transcript
}

/** One call of a known bot. */
interface Arrival {
  readonly bot: Bot
  readonly method: string
  readonly parameters: Parameters
  readonly chat: number | undefined
  /** What is closed when the bot is told to wait: the chat, or the method where there is none. */
  readonly place: string
  readonly entry: OpenEntry
}

/** Deliveries run in the scope. */
export const make = Effect.fnUntraced(function* ({ clock, faults, flood, transcript, world }: Parts) {
  const polling = new Polling()
  const deliveries = yield* FiberMap.make<Bot>()
  const client = yield* HttpClient.HttpClient
  const nowMs = () => clock.currentTimeMillisUnsafe()

  const call = Effect.fnUntraced(
    function* (token: string, method: string, parameters: Parameters, inWebhookAnswer = false) {
      const bot = world.bots.get(token)
      const entry = transcript.open({
        atMs: nowMs(),
        ...(bot === undefined ? {} : { bot: bot.me.id }),
        method,
        parameters: parameters.shown,
        ...(inWebhookAnswer ? { inWebhookAnswer } : {}),
      })
      const reply = bot === undefined ? unauthorized(token) : yield* arrive(arrival(bot, method, parameters, entry))
      transcript.close(entry, replyJson(reply))
      return reply
    },
    Effect.provideService(Clock.Clock, clock),
  )

  const arrive = Effect.fnUntraced(function* (arrival: Arrival) {
    const { bot, chat, entry, method, place } = arrival
    const isMessage = messageMethods.has(method)
    const inGroup = world.rooms.get(chat ?? 0)?.chat.type.endsWith("group") ?? false
    const refusal = flood.check({ bot: bot.me.id, place, isMessage, inGroup }, nowMs())
    if (refusal !== undefined) {
      if (refusal.early) transcript.markEarly(entry)
      return refused(tooManyRequests(refusal.retryAfter))
    }
    const fault = faults.take({ method, chat })
    if (fault !== undefined && fault.applied !== true) return strike(arrival, fault)
    const outcome = yield* Effect.result(execute(arrival))
    // A poll that waited comes back into whatever is wrong by then.
    const late = fault ?? (method === "getupdates" ? faults.take({ method, chat }) : undefined)
    if (late !== undefined) return strike(arrival, late)
    return Result.match(outcome, { onSuccess: answered, onFailure: refused })
  })

  const strike = ({ entry, place }: Arrival, fault: Fault): Reply => {
    entry.fault = fault.kind
    switch (fault.kind) {
      case "TooManyRequests": {
        const { retryAfter = 1 } = fault
        flood.close(place, retryAfter, nowMs())
        return refused(tooManyRequests(retryAfter))
      }
      case "ServerError":
        return { _tag: "ServerError", status: fault.status ?? 500 }
      case "Hang":
      case "Reset":
        return { _tag: fault.kind }
    }
  }

  const execute = ({ bot, method, parameters }: Arrival): Effect.Effect<Answer, ApiError> =>
    Effect.suspend(() => {
      const call = { world, bot, parameters, nowMs: nowMs() }
      if (method === "getupdates") return polling.getUpdates(call)
      const run = methods.get(method)
      if (run === undefined) {
        return Effect.fail(new ApiError({ code: 404, description: "Not Found: method not found" }))
      }
      const { webhook } = bot
      const answer = Effect.fromResult(run(call))
      return bot.webhook === webhook ? answer : Effect.andThen(serveWebhook(bot), answer)
    })

  const serveWebhook = (bot: Bot): Effect.Effect<void> => {
    const { webhook } = bot
    if (webhook === undefined) return FiberMap.remove(deliveries, bot)
    polling.end(bot, conflict("terminated by setWebhook request"))
    const delivery = deliver(bot, webhook, (update) => post(bot, webhook, update))
    return Effect.asVoid(FiberMap.run(deliveries, bot, Effect.provideService(delivery, Clock.Clock, clock)))
  }

  const post = Effect.fnUntraced(
    function* (bot: Bot, webhook: Webhook, update: Update) {
      const fault = faults.take({ method: "webhook", chat: undefined })
      if (fault !== undefined && fault.applied !== true) return connectionFailed
      const { answer, outcome } = yield* postUpdate(webhook, update)
      if (answer !== undefined) yield* obey(bot, answer)
      return fault === undefined ? outcome : connectionFailed
    },
    Effect.provideService(HttpClient.HttpClient, client),
  )

  /** A bot may answer a delivery with a call, and never learns what became of it. */
  const obey = (bot: Bot, { method, ...parameters }: WebhookAnswer): Effect.Effect<void> =>
    worksInWebhookAnswer(method.toLowerCase())
      ? Effect.asVoid(call(bot.token, method, Parameters.fromJson(parameters), true))
      : Effect.void

  const side: BotSide = { call, serveWebhook }
  return side
})

const arrival = (bot: Bot, method: string, parameters: Parameters, entry: OpenEntry): Arrival => {
  const name = method.toLowerCase()
  const chat = Number(parameters.text("chat_id")) || undefined
  return { bot, method: name, parameters, chat, place: `bot ${bot.me.id} ${chat ?? name}`, entry }
}

const answered = (answer: Answer): Reply => ({ _tag: "Answered", answer })
const refused = (error: ApiError): Reply => ({ _tag: "Refused", error })

const unauthorized = (token: string): Reply =>
  refused(
    new ApiError({
      code: 401,
      description: /^[1-9]\d*:[^/]{1,80}$/.test(token) ? "Unauthorized" : "Unauthorized: invalid token specified",
    }),
  )

const connectionFailed: Outcome = failed("Connection failed")

/** Telegram's JSON for a reply that has one. */
export const replyJson = (reply: Reply) => {
  switch (reply._tag) {
    case "Answered": {
      const { description, result } = reply.answer
      return { ok: true, result: onWire(result), ...(description === undefined ? {} : { description }) }
    }
    case "Refused": {
      const { code, description, retryAfter } = reply.error
      const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } }
      return { ok: false, error_code: code, description, ...parameters }
    }
    case "ServerError":
    case "Hang":
    case "Reset":
      return undefined
  }
}
