/** The emulated Telegram in a process of its own, by its control API. */
import { Effect } from "effect"
import { Unsound } from "../Scenario.ts"
import { start } from "../webhooks/serverProcess.ts"

export const token = "4200000042:EMULATED-not-a-secret"

const entry = new URL("../../../../packages/telegram-emulator/src/main.ts", import.meta.url)

/** A call that the bot made. */
export interface Call {
  readonly number: number
  readonly atMs: number
  readonly method: string
  readonly parameters: Readonly<Record<string, string>>
  readonly early?: boolean
  readonly answer?: { readonly ok: boolean; readonly error_code?: number }
}

/** At Telegram's limits: one message a second in a chat, 30 in all. */
export const telegram = Effect.gen(function* () {
  const { port, ended } = yield* start(
    entry,
    { PORT: "0", TELEGRAM_BOT_TOKEN: token },
    /Bot API root +http:\/\/127\.0\.0\.1:(\d+)/,
  )
  const root = `http://127.0.0.1:${port}`
  const ask = (method: string, path: string, body?: unknown) =>
    Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(`${root}/emulator${path}`, {
          method,
          signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
          ...(body === undefined
            ? {}
            : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
        })
        if (!response.ok) throw new Error(`status ${response.status}`)
        return response.text()
      },
      catch: (cause) => new Unsound({ contestant: "telegram-emulator", reason: `${method} ${path}: ${String(cause)}` }),
    })
  yield* ask("PUT", "/limits", { perChatPerSecond: 1, perBotPerSecond: 30 })
  return {
    root,
    ended,
    /** Somebody who has started the bot. */
    addUser: Effect.fnUntraced(function* (id: number) {
      yield* ask("POST", "/users", { id, firstName: "Ada", languageCode: "en" })
      yield* ask("POST", `/users/${id}/messages`, { text: "/start" })
    }),
    calls: (after: number) =>
      Effect.map(ask("GET", `/transcript?after=${after}`), (text): ReadonlyArray<Call> => JSON.parse(text)),
  }
})
