import { client, subscribe } from "@paylog/telegram-emulator/ControlApi"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { call, getUpdates, sendMessage, soon, startedUser, withEmulator } from "./support.ts"

const remote = Effect.flatMap(Emulator, ({ baseUrl }) => client(baseUrl)).pipe(Effect.provide(FetchHttpClient.layer))

const keyboard = {
  inline_keyboard: [
    [{ text: "👛 Pay via Wallet", url: "https://pay.example/1" }],
    [
      { text: "Check", callback_data: "check:1" },
      { text: "Cancel", callback_data: "cancel:1" },
    ],
    [{ text: "Copy", copy_text: { text: "inv_1" } }],
  ],
}

const invoice = (chat_id: number) =>
  Effect.map(sendMessage(chat_id, "Invoice", { reply_markup: keyboard }), ({ message_id }) => message_id)

const lastPress = Effect.map(getUpdates({ offset: -1 }), ([update]) => update?.callback_query)

describe("acting as a user", () => {
  it.live("presses a button by its text or data, and opens or copies what is no question", () =>
    Effect.gen(function* () {
      const { press } = yield* Emulator
      const { id } = yield* startedUser
      const message_id = yield* invoice(id)
      const asked = yield* press(id, { text: "Check" })
      const query = yield* lastPress
      assert.deepInclude(query, { data: "check:1" })
      assert.deepInclude(query?.from, { id, language_code: "en" })
      assert.strictEqual(query?.message.message_id, message_id)
      assert.deepStrictEqual<unknown>(asked, { _tag: "Asked", callbackQueryId: query?.id })
      assert.isAbove(Number(query?.id), Number.MAX_SAFE_INTEGER)
      yield* press(id, { data: "cancel:1" })
      assert.deepInclude(yield* lastPress, { data: "cancel:1" })
      assert.deepStrictEqual(yield* press(id, { text: "👛 Pay via Wallet" }), {
        _tag: "Opened",
        url: "https://pay.example/1",
      })
      assert.deepStrictEqual(yield* press(id, { text: "Copy" }), { _tag: "Copied", text: "inv_1" })
    }).pipe(withEmulator()),
  )

  it.live("presses only what is there, unless the press is forged", () =>
    Effect.gen(function* () {
      const { press } = yield* Emulator
      const { id } = yield* startedUser
      const messageId = yield* invoice(id)
      yield* call("editMessageText", { chat_id: id, message_id: messageId, text: "Paid" })
      assert.strictEqual((yield* Effect.flip(press(id, { text: "Check" })))._tag, "NotFound")
      yield* press(id, { data: "check:1", messageId, forged: true })
      const query = yield* lastPress
      assert.deepInclude(query, { data: "check:1" })
      assert.isUndefined(query?.message.reply_markup)
      assert.strictEqual((yield* Effect.flip(press(id, { messageId: 99, forged: true })))._tag, "NotFound")
    }).pipe(withEmulator()),
  )

  it.live("takes one answer to a press, in time", () =>
    Effect.gen(function* () {
      const { advance, press } = yield* Emulator
      const { id } = yield* startedUser
      yield* invoice(id)
      const answer = (callback_query_id: string) => call("answerCallbackQuery", { callback_query_id, text: "ok" })
      const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid"
      const ask = Effect.map(press(id, { text: "Check" }), (pressed) =>
        pressed._tag === "Asked" ? pressed.callbackQueryId : "",
      )
      const first = yield* ask
      assert.deepStrictEqual((yield* answer(first)).body, { ok: true, result: true })
      assert.strictEqual((yield* answer(first)).body.description, tooOld)
      assert.strictEqual((yield* answer("1")).body.description, tooOld)
      const second = yield* ask
      yield* advance("16 seconds")
      assert.strictEqual((yield* answer(second)).body.description, tooOld)
    }).pipe(withEmulator()),
  )

  it.live("cannot write to a bot that it has blocked, nor nothing", () =>
    Effect.gen(function* () {
      const { send, setBlocked } = yield* Emulator
      const { id } = yield* startedUser
      assert.strictEqual((yield* Effect.flip(send(id, "  ")))._tag, "NotPossible")
      yield* setBlocked(id, true)
      assert.strictEqual((yield* Effect.flip(send(id, "x")))._tag, "NotPossible")
      assert.strictEqual((yield* Effect.flip(send(1, "x")))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(send(id, "x", { bot: 1 })))._tag, "NotFound")
    }).pipe(withEmulator()),
  )

  it.live("talks to several bots apart", () =>
    Effect.gen(function* () {
      const { addBot, bots, chat, send } = yield* Emulator
      const { id } = yield* startedUser
      const second = yield* addBot({ token: "77:other", firstName: "Other" })
      assert.strictEqual((yield* Effect.flip(addBot({ token: "77:again" })))._tag, "NotPossible")
      yield* send(id, "to the second", { bot: second.id })
      const { body } = yield* call("sendMessage", { chat_id: id, text: "from the second" }, "77:other")
      assert.isTrue(body.ok)
      const texts = Effect.fnUntraced(function* (bot: number) {
        return (yield* chat(id, { bot })).messages.map(({ text }) => text)
      })
      const [first] = yield* bots
      assert.deepStrictEqual(yield* texts(first?.id ?? 0), ["/start"])
      assert.deepStrictEqual(yield* texts(second.id), ["to the second", "from the second"])
    }).pipe(withEmulator()),
  )

  it.live("gives the same ids for the same seed, and others for another", () =>
    Effect.gen(function* () {
      const ids = Effect.gen(function* () {
        const { id } = yield* startedUser
        yield* invoice(id)
        const { press } = yield* Emulator
        return [id, yield* press(id, { text: "Check" }), (yield* getUpdates())[0]?.update_id]
      })
      const a = yield* withEmulator({ seed: "a" })(ids)
      assert.deepStrictEqual(yield* withEmulator({ seed: "a" })(ids), a)
      assert.notDeepEqual(yield* withEmulator({ seed: "b" })(ids), a)
    }),
  )

  it.live("forgets everything on reset but its bots and where update ids were", () =>
    Effect.gen(function* () {
      const { armFault, faults, reset, transcript, users } = yield* Emulator
      const { id } = yield* startedUser
      const before = (yield* getUpdates())[0]?.update_id ?? 0
      yield* call("setWebhook", { url: "http://127.0.0.1:9/" })
      yield* armFault({ kind: "Reset" })
      yield* reset
      assert.deepStrictEqual([yield* users, yield* faults, yield* transcript()], [[], [], []])
      assert.strictEqual(
        (yield* call("sendMessage", { chat_id: id, text: "x" })).body.description,
        "Bad Request: chat not found",
      )
      yield* startedUser
      assert.strictEqual((yield* getUpdates())[0]?.update_id, before + 1)
    }).pipe(withEmulator()),
  )
})

describe("the control API", () => {
  it.live("does over HTTP what the service does in the process", () =>
    Effect.gen(function* () {
      const api = yield* remote
      const user = yield* api.addUser({
        payload: { firstName: "Ann", lastName: "Lee", username: "ann", languageCode: "ru" },
      })
      const params = { user: user.id }
      assert.deepStrictEqual(yield* api.users(), [user])
      assert.lengthOf(yield* api.bots(), 1)
      yield* api.send({ params, payload: { text: "/start" } })
      yield* invoice(user.id)
      assert.strictEqual((yield* api.press({ params, payload: { text: "Check" } }))._tag, "Asked")
      yield* api.setBlocked({ params, payload: { blocked: true } })
      const chat = yield* api.chat({ params, query: {} })
      assert.isTrue(chat.blocked)
      assert.deepStrictEqual<unknown>(chat.messages[1]?.reply_markup, keyboard)

      yield* api.armFault({ payload: { kind: "ServerError", method: "getMe", times: "always" } })
      assert.lengthOf(yield* api.faults(), 1)
      assert.strictEqual((yield* call("getMe")).status, 500)
      yield* api.clearFaults()
      assert.strictEqual((yield* call("getMe")).status, 200)

      const calls = yield* api.transcript({ query: { after: 1 } })
      assert.deepStrictEqual(
        calls.map(({ number, method }) => [number, method]),
        [
          [2, "getMe"],
          [3, "getMe"],
        ],
      )
      const before = yield* Clock.currentTimeMillis
      const { nowMs } = yield* api.advance({ payload: { advanceMs: 3_600_000 } })
      assert.isAtLeast(nowMs, before + 3_600_000)
      yield* api.reset()
      assert.lengthOf(yield* api.users(), 0)
    }).pipe(withEmulator()),
  )

  it.live("answers 404, 409 and 400 with a reason", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator
      const post = Effect.fnUntraced(function* (path: string, body: object) {
        const response = yield* Effect.promise(() =>
          fetch(`${baseUrl}/emulator${path}`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }),
        )
        return [response.status, yield* Effect.promise(() => response.text())] as const
      })
      const [missing, reason] = yield* post("/users/5/messages", { text: "x" })
      assert.strictEqual(missing, 404)
      assert.include(reason, "user 5")
      yield* post("/users", { firstName: "Ann", id: 7 })
      assert.strictEqual((yield* post("/users", { firstName: "Ann", id: 7 }))[0], 409)
      assert.strictEqual((yield* post("/users", { firstName: "" }))[0], 400)
      assert.strictEqual((yield* post("/faults", { kind: "Earthquake" }))[0], 400)
    }).pipe(withEmulator()),
  )

  it.live("takes no form from another site: only JSON", () =>
    Effect.gen(function* () {
      const { baseUrl, users } = yield* Emulator
      const response = yield* Effect.promise(() =>
        fetch(`${baseUrl}/emulator/users`, { method: "POST", body: '{"firstName":"Forged"}' }),
      )
      assert.strictEqual(response.status, 415)
      assert.lengthOf(yield* users, 0)
    }).pipe(withEmulator()),
  )

  it.live("tells of every change as it happens, from when one has subscribed", () =>
    Effect.gen(function* () {
      const { baseUrl, press, setBlocked } = yield* Emulator
      const changes = yield* subscribe(baseUrl)
      const { id } = yield* startedUser
      const message_id = yield* invoice(id)
      yield* press(id, { text: "Check" })
      yield* call("sendChatAction", { chat_id: id, action: "typing" })
      yield* call("editMessageText", { chat_id: id, message_id, text: "Оплачено" })
      yield* call("deleteMessage", { chat_id: id, message_id })
      yield* setBlocked(id, true)
      const seen = yield* soon(Stream.runCollect(Stream.take(changes, 7)))
      assert.deepStrictEqual(
        seen.map((change) => ("message" in change ? `${change._tag} ${change.message.text}` : change._tag)),
        [
          "MessageSent /start",
          "MessageSent Invoice",
          "ButtonPressed",
          "ChatAction",
          "MessageEdited Оплачено",
          "MessageDeleted",
          "BotBlocked",
        ],
      )
    }).pipe(Effect.provide(FetchHttpClient.layer), withEmulator()),
  )

  it.live("describes itself", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator
      const response = yield* Effect.promise(() => fetch(`${baseUrl}/emulator/openapi.json`))
      const text = yield* Effect.promise(() => response.text())
      for (const path of ["/emulator/users/{user}/messages", "/emulator/faults", "/emulator/state"]) {
        assert.include(text, path)
      }
    }).pipe(withEmulator()),
  )
})

/** All that there are. */
const scripts = readdirSync(new URL("../page/", import.meta.url)).filter((name) => name.endsWith(".js"))

describe("the chat page", () => {
  it.live("comes with a policy that lets only its own scripts run", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Emulator
      for (const [path, type] of [
        ["/", "text/html"],
        ["/page/chat.css", "text/css"],
        ...scripts.map((name) => [`/page/${name}`, "text/javascript"] as const),
      ] as const) {
        const response = yield* Effect.promise(() => fetch(baseUrl + path))
        assert.strictEqual(response.status, 200)
        assert.include(response.headers.get("content-type") ?? "", type)
        const policy = response.headers.get("content-security-policy") ?? ""
        assert.include(policy, "default-src 'none'; script-src 'self';")
        assert.notInclude(policy, "unsafe")
        const text = yield* Effect.promise(() => response.text())
        assert.notMatch(text, /innerHTML|insertAdjacentHTML|document\.write|\bon\w+="/)
      }
    }).pipe(withEmulator()),
  )
})
