import { Emulator } from "@paylog/telegram-emulator/Emulator"
import type { SeenMessage } from "@paylog/telegram-emulator/UserActs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { Input, TelegramError } from "telegraf"
import { plainBot } from "./plainBot.ts"
import { listening, soon, startedUser, withEmulator } from "./support.ts"

/** The bot fetches its updates. */
const polling = Effect.gen(function* () {
  const { baseUrl, token, waitForCalls } = yield* Emulator
  const bot = plainBot(token, baseUrl)
  yield* Effect.acquireRelease(
    Effect.sync(() => void bot.launch()),
    () => Effect.sync(() => bot.stop()),
  )
  yield* soon(waitForCalls((calls) => calls.some(({ method }) => method === "getUpdates")))
})

/** The bot has a server of its own, with Telegraf's defaults: it may answer a delivery with a call. */
const webhook = Effect.gen(function* () {
  const { baseUrl, token } = yield* Emulator
  const bot = plainBot(token, baseUrl)
  const handle = bot.webhookCallback("/hook", { secretToken: "s3cret" })
  const address = yield* listening((request, response) => void handle(request, response))
  yield* Effect.promise(() =>
    bot.telegram.setWebhook(`${address}/hook`, { secret_token: "s3cret", max_connections: 2 }),
  )
})

/** What the person sees who starts the bot, presses its button twice and asks for help. */
const conversation = Effect.gen(function* () {
  const { addUser, press, send, subscribe, waitForChat } = yield* Emulator
  const changes = yield* subscribe
  const { id } = yield* addUser({ firstName: "Аня 👛", languageCode: "ru" })
  const seen = (look: (message: SeenMessage) => boolean) => soon(waitForChat(id, ({ messages }) => messages.find(look)))

  yield* send(id, "/start deep-link")
  const hello = yield* seen(({ from }) => from.is_bot)
  assert.strictEqual(hello.text, "Hello, Аня 👛!")
  for (const n of [1, 2]) {
    assert.strictEqual((yield* press(id, { text: "Count" }))._tag, "Asked")
    yield* seen(({ text }) => text === `Counted ${n}`)
  }
  yield* send(id, "/help")
  const help = yield* seen(({ text }) => text === "See /start")
  assert.deepStrictEqual(help.entities?.[0], { type: "bold", offset: 4, length: 6 })

  const counted = yield* seen(({ message_id }) => message_id === hello.message_id)
  assert.deepStrictEqual(
    [...counted.earlier, counted].map(({ text }) => text),
    ["Hello, Аня 👛!", "Counted 1", "Counted 2"],
  )
  const answer = yield* soon(Stream.runHead(Stream.filter(changes, ({ _tag }) => _tag === "CallbackAnswered")))
  assert.deepInclude(Option.getOrThrow(answer), { text: "Counted 1", showAlert: false })
})

describe("a plain Telegraf bot", () => {
  it.live("works by long polling", () => Effect.andThen(polling, conversation).pipe(withEmulator()))

  it.live("works by webhook, and may answer a delivery with a call", () =>
    Effect.gen(function* () {
      const { transcript } = yield* Emulator
      yield* webhook
      yield* conversation
      const answers = (yield* transcript()).filter(({ inWebhookAnswer }) => inWebhookAnswer)
      assert.deepStrictEqual(
        answers.map(({ method }) => method),
        ["answerCallbackQuery", "answerCallbackQuery"],
      )
    }).pipe(withEmulator()),
  )

  it.live("gets errors that Telegraf understands", () =>
    Effect.gen(function* () {
      const { armFault, baseUrl, setBlocked, token } = yield* Emulator
      const { telegram } = plainBot(token, baseUrl)
      const { id } = yield* startedUser
      const failure = Effect.promise(() =>
        telegram.sendMessage(id, "x").then(
          () => undefined,
          (error: unknown) => error,
        ),
      )

      yield* armFault({ kind: "TooManyRequests", retryAfter: 7 })
      const tooMany = yield* failure
      assert.instanceOf(tooMany, TelegramError)
      assert.deepInclude(tooMany, { code: 429, parameters: { retry_after: 7 } })
      yield* Effect.flatMap(Emulator, ({ advance }) => advance("7 seconds"))

      yield* armFault({ kind: "ServerError", status: 502 })
      const badGateway = yield* failure
      assert.instanceOf(badGateway, TelegramError)
      assert.strictEqual(badGateway.code, 502)

      yield* setBlocked(id, true)
      const blocked = yield* failure
      assert.instanceOf(blocked, TelegramError)
      assert.strictEqual(blocked.description, "Forbidden: bot was blocked by the user")
    }).pipe(withEmulator()),
  )

  it.live("uploads as Telegraf streams it", () =>
    Effect.gen(function* () {
      const { baseUrl, token } = yield* Emulator
      const { telegram } = plainBot(token, baseUrl)
      const certificate = Input.fromBuffer(Buffer.alloc(70_000, "x"), "cert.pem")
      yield* Effect.promise(() => telegram.setWebhook("https://127.0.0.1:9/", { certificate, secret_token: "s" }))
      const info = yield* Effect.promise(() => telegram.getWebhookInfo())
      assert.deepInclude(info, { url: "https://127.0.0.1:9/", has_custom_certificate: true, max_connections: 40 })
    }).pipe(withEmulator()),
  )
})
