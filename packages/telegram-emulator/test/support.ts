import { Message, Update } from "@paylog/telegram-emulator/BotApi"
import { Emulator, type Settings } from "@paylog/telegram-emulator/Emulator"
import { type Cause, Effect, Schema, type Scope } from "effect"
import { createServer, type RequestListener, type Server } from "node:http"
import { vi } from "vitest"

// A server starts in each test, on machines that do other work too.
vi.setConfig({ testTimeout: 30_000 })

/** A bound on how long a condition may take to come true, not a wait. */
export const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.timeout(effect, "10 seconds")

const Answer = Schema.Struct({
  ok: Schema.Boolean,
  result: Schema.optionalKey(Schema.Unknown),
  error_code: Schema.optionalKey(Schema.Int),
  description: Schema.optionalKey(Schema.String),
  parameters: Schema.optionalKey(Schema.Unknown),
})

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: typeof Answer.Type
}

const decodeAnswer = Schema.decodeUnknownSync(Answer, { onExcessProperty: "error" })

/** Fails when the connection does. */
export const request = (url: string, init?: RequestInit): Effect.Effect<HttpAnswer, Cause.UnknownError> =>
  Effect.tryPromise(async (signal) => {
    const response = await fetch(url, { ...init, signal })
    const body = decodeAnswer(await response.json())
    return { status: response.status, headers: response.headers, body }
  })

/** Calls a method as a bot without any library, with a JSON body. */
export const call = Effect.fnUntraced(function* (method: string, parameters: object = {}, token?: string) {
  const emulator = yield* Emulator
  return yield* request(`${emulator.baseUrl}/bot${token ?? emulator.token}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(parameters),
  })
})

/** A new emulator for one test, on real sockets and real time. */
export const withEmulator =
  (settings: Settings = {}) =>
  <A, E>(test: Effect.Effect<A, E, Emulator | Scope.Scope>) =>
    Effect.scoped(Effect.provide(test, Emulator.layer(settings)))

const decodeUpdates = Schema.decodeUnknownSync(Schema.Array(Update))

export const updatesIn = ({ body }: HttpAnswer): ReadonlyArray<Update> => decodeUpdates(body.result)

export const getUpdates = (parameters: object = {}) => Effect.map(call("getUpdates", parameters), updatesIn)

const decodeMessage = Schema.decodeUnknownSync(Message)

/** Must succeed; gives the message as Telegram's answer has it. */
export const sendMessage = (chat_id: number, text: string, more: object = {}) =>
  Effect.map(call("sendMessage", { chat_id, text, ...more }), ({ body }) => decodeMessage(body.result))

/** A server of the bot's own on a free port; gives its address. */
export const listening = (handler: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer(handler).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close()),
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`
    }),
  )

/** A person who has started the bot. */
export const startedUser = Effect.gen(function* () {
  const emulator = yield* Emulator
  const user = yield* emulator.addUser({ firstName: "Ann", languageCode: "en" })
  yield* emulator.send(user.id, "/start")
  return user
})
