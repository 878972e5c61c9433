import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, getUpdates, request, sendMessage, startedUser, withEmulator } from "./support.ts"

const refusal = ({ body, status }: { readonly body: object; readonly status: number }) => ({ status, ...body })

const refused = (error_code: number, description: string) => ({
  status: error_code,
  ok: false,
  error_code,
  description,
})

const badRequest = (description: string) => refused(400, `Bad Request: ${description}`)

const keyboard = (...buttons: ReadonlyArray<object>) => ({ inline_keyboard: [buttons] })

describe("the Bot API", () => {
  it.live("tells the bot who it is", () =>
    Effect.gen(function* () {
      const { body } = yield* call("getMe")
      assert.deepInclude(body.result, { id: 42, is_bot: true, first_name: "Shop", username: "shop_bot" })
    }).pipe(withEmulator({ bot: { token: "42:secret", firstName: "Shop", username: "shop_bot" } })),
  )

  it.live("reads method names in any case, and parameters from a query, a form, a multipart body and JSON", () =>
    Effect.gen(function* () {
      const { baseUrl, token, chat } = yield* Emulator
      const { id } = yield* startedUser
      const url = `${baseUrl}/bot${token}/sendMESSAGE`
      const multipart = new FormData()
      multipart.append("chat_id", String(id))
      multipart.append("document", new Blob([new Uint8Array(100_000)]), "big.bin")
      multipart.append("text", "multipart, Привет")
      const answers = yield* Effect.all([
        request(`${url}?chat_id=${id}&text=query+%26`),
        request(`${url}?chat_id=${id}`, { method: "POST", body: new URLSearchParams({ text: "form Привет" }) }),
        request(url, { method: "POST", body: multipart }),
        request(url, {
          method: "POST",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify({ chat_id: id, text: "json", reply_markup: null }),
        }),
      ])
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200],
      )
      const { messages } = yield* chat(id)
      assert.deepStrictEqual(
        messages.slice(1).map(({ text }) => text),
        ["query &", "form Привет", "multipart, Привет", "json"],
      )
    }).pipe(withEmulator()),
  )

  it.live("refuses wrong tokens, methods, addresses and bodies in Telegram's words", () =>
    Effect.gen(function* () {
      const { baseUrl, token } = yield* Emulator
      assert.deepStrictEqual(refusal(yield* call("getMe", {}, "1:wrong")), refused(401, "Unauthorized"))
      assert.deepStrictEqual(
        refusal(yield* call("getMe", {}, "nonsense")),
        refused(401, "Unauthorized: invalid token specified"),
      )
      assert.deepStrictEqual(refusal(yield* call("getMee")), refused(404, "Not Found: method not found"))
      assert.deepStrictEqual(refusal(yield* request(`${baseUrl}/bot${token}`)), refused(404, "Not Found"))
      for (const body of ["[]", "{", "1"]) {
        const answer = yield* request(`${baseUrl}/bot${token}/getMe`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        })
        assert.deepStrictEqual(refusal(answer), badRequest("JSON object expected"))
      }
    }).pipe(withEmulator()),
  )

  it.live("refuses messages that Telegram refuses", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const nobody = yield* Effect.flatMap(Emulator, ({ addUser }) => addUser({ firstName: "Not started" }))
      const to = { chat_id: id, text: "x" }
      const cases: ReadonlyArray<readonly [object, string]> = [
        [{ text: "x" }, "chat_id is empty"],
        [{ chat_id: 5, text: "x" }, "chat not found"],
        [{ chat_id: nobody.id, text: "x" }, "chat not found"],
        [{ chat_id: id }, "message text is empty"],
        [{ chat_id: id, text: " \n " }, "text must be non-empty"],
        [{ chat_id: id, text: "😀".repeat(4097) }, "message is too long"],
        [{ chat_id: id, text: "я".repeat(20_000) }, "text is too long"],
        [{ ...to, parse_mode: "BBCode" }, "unsupported parse_mode"],
        [
          { ...to, text: "<b>x", parse_mode: "html" },
          `can't parse entities: Can't find end tag corresponding to start tag "b"`,
        ],
        [{ ...to, reply_parameters: { message_id: 99 } }, "message to be replied not found"],
        [{ ...to, reply_markup: "{" }, "can't parse reply keyboard markup JSON object"],
        [{ ...to, reply_markup: [] }, "object expected as reply markup"],
        [
          { ...to, reply_markup: { inline_keyboard: [{}] } },
          `field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`,
        ],
        [
          { ...to, reply_markup: keyboard({ callback_data: "x" }) },
          `can't parse inline keyboard button: Can't find field "text"`,
        ],
        [
          { ...to, reply_markup: keyboard({ text: "x" }) },
          "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ],
        [
          { ...to, reply_markup: keyboard({ text: "", callback_data: "x" }) },
          "inline keyboard button text must be non-empty",
        ],
        [{ ...to, reply_markup: keyboard({ text: "x", callback_data: "я".repeat(33) }) }, "BUTTON_DATA_INVALID"],
        [
          { ...to, reply_markup: keyboard({ text: "x", url: "http://localhost/pay" }) },
          "inline keyboard button URL 'http://localhost/pay' is invalid: Wrong HTTP URL",
        ],
        [
          { ...to, reply_markup: keyboard({ text: "x", url: "javascript:alert(1)" }) },
          "inline keyboard button URL 'javascript:alert(1)' is invalid: Wrong HTTP URL",
        ],
      ]
      for (const [parameters, problem] of cases) {
        assert.deepStrictEqual(refusal(yield* call("sendMessage", parameters)), badRequest(problem))
      }
      const { chat } = yield* Emulator
      assert.lengthOf((yield* chat(id)).messages, 1, "nothing was sent")
    }).pipe(withEmulator()),
  )

  it.live("takes what is just within the limits", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const message = yield* sendMessage(id, "😀".repeat(4096), {
        reply_markup: keyboard({ text: "x", callback_data: "я".repeat(32) }, { text: "y", url: "tg://user?id=1" }),
      })
      assert.lengthOf(Array.from(message.text), 4096)
      assert.lengthOf(message.reply_markup?.inline_keyboard.flat() ?? [], 2)
    }).pipe(withEmulator()),
  )

  it.live("sends what HTML, entities and plain text mean", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const html = yield* sendMessage(id, "  <b>Paid</b> /orders https://a.example. \n", { parse_mode: "HTML" })
      assert.strictEqual(html.text, "Paid /orders https://a.example.")
      assert.deepStrictEqual(html.entities, [
        { type: "bold", offset: 0, length: 4 },
        { type: "bot_command", offset: 5, length: 7 },
        { type: "url", offset: 13, length: 17 },
      ])
      const given = yield* sendMessage(id, " x Paid", { entities: [{ type: "bold", offset: 3, length: 4 }] })
      assert.deepStrictEqual(given.entities, [{ type: "bold", offset: 2, length: 4 }])
      const reply = yield* sendMessage(id, "re", { reply_parameters: { message_id: given.message_id } })
      assert.strictEqual(reply.reply_to_message?.message_id, given.message_id)
    }).pipe(withEmulator()),
  )

  it.live("numbers messages anew in each chat", () =>
    Effect.gen(function* () {
      const first = yield* startedUser
      const second = yield* startedUser
      assert.isAbove(first.id, 2 ** 32)
      assert.notStrictEqual(first.id, second.id)
      assert.deepStrictEqual(
        [(yield* sendMessage(first.id, "a")).message_id, (yield* sendMessage(second.id, "b")).message_id],
        [2, 2],
      )
    }).pipe(withEmulator()),
  )

  it.live("edits in place, and remembers what was there", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { chat } = yield* Emulator
      const { message_id } = yield* sendMessage(id, "one", {
        reply_markup: keyboard({ text: "x", callback_data: "x" }),
      })
      const at = { chat_id: id, message_id }
      yield* call("editMessageText", { ...at, text: "<i>two</i>", parse_mode: "HTML" })
      yield* call("editMessageReplyMarkup", { ...at, reply_markup: keyboard({ text: "y", callback_data: "y" }) })
      const { messages } = yield* chat(id)
      assert.lengthOf(messages, 2)
      const [, seen] = messages
      assert.deepInclude(seen, { text: "two", entities: [{ type: "italic", offset: 0, length: 3 }] })
      assert.deepStrictEqual<unknown>(seen?.reply_markup, keyboard({ text: "y", callback_data: "y" }))
      assert.isDefined(seen?.edit_date)
      assert.deepStrictEqual(
        seen?.earlier.map(({ reply_markup, text }) => [text, reply_markup?.inline_keyboard[0]?.[0]?.text]),
        [
          ["one", "x"],
          ["two", undefined],
        ],
      )
    }).pipe(withEmulator()),
  )

  it.live("refuses edits and deletions that Telegram refuses", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { advance } = yield* Emulator
      const x = keyboard({ text: "x", callback_data: "x" })
      const { message_id } = yield* sendMessage(id, "one", { reply_markup: x })
      const at = { chat_id: id, message_id }
      const notModified =
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
      const cases: ReadonlyArray<readonly [string, object, string]> = [
        ["editMessageText", { ...at, text: "one", reply_markup: x }, notModified],
        ["editMessageReplyMarkup", { ...at, reply_markup: x }, notModified],
        ["editMessageText", { ...at, message_id: 99, text: "two" }, "message to edit not found"],
        ["editMessageText", { ...at, text: "" }, "message text is empty"],
        ["editMessageText", { text: "two", message_id }, "chat_id is empty"],
        ["editMessageText", { ...at, message_id: 1, text: "mine" }, "message can't be edited"],
        ["editMessageReplyMarkup", { ...at, reply_markup: { remove_keyboard: true } }, "inline keyboard expected"],
        ["deleteMessage", { ...at, message_id: 99 }, "message to delete not found"],
      ]
      for (const [method, parameters, problem] of cases) {
        assert.deepStrictEqual(refusal(yield* call(method, parameters)), badRequest(problem), method)
      }
      yield* advance(49 * 3_600_000)
      assert.deepStrictEqual(
        refusal(yield* call("deleteMessage", at)),
        badRequest("message can't be deleted for everyone"),
      )
    }).pipe(withEmulator()),
  )

  it.live("deletes its own messages and the user's", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { chat } = yield* Emulator
      const { message_id } = yield* sendMessage(id, "one")
      for (const each of [1, message_id]) {
        const { body } = yield* call("deleteMessage", { chat_id: id, message_id: each })
        assert.deepStrictEqual(body, { ok: true, result: true })
      }
      assert.lengthOf((yield* chat(id)).messages, 0)
      assert.deepStrictEqual(
        refusal(yield* call("editMessageText", { chat_id: id, message_id, text: "two" })),
        badRequest("message to edit not found"),
      )
    }).pipe(withEmulator()),
  )

  it.live("does not let a blocked bot write, and tells it of the block", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { setBlocked } = yield* Emulator
      const { message_id } = yield* sendMessage(id, "before")
      yield* setBlocked(id, true)
      const forbidden = refused(403, "Forbidden: bot was blocked by the user")
      assert.deepStrictEqual(refusal(yield* call("sendMessage", { chat_id: id, text: "x" })), forbidden)
      assert.deepStrictEqual(refusal(yield* call("sendChatAction", { chat_id: id, action: "typing" })), forbidden)
      assert.strictEqual((yield* call("editMessageText", { chat_id: id, message_id, text: "after" })).status, 200)
      yield* setBlocked(id, false)
      assert.strictEqual((yield* call("sendMessage", { chat_id: id, text: "x" })).status, 200)
      assert.deepStrictEqual(
        (yield* getUpdates()).flatMap(({ my_chat_member }) => my_chat_member?.new_chat_member.status ?? []),
        ["kicked", "member"],
      )
    }).pipe(withEmulator()),
  )

  it.live("keeps commands by scope and language, and checks them", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { chat } = yield* Emulator
      const commands = [{ command: "orders", description: "My orders" }]
      const russian = [{ command: "orders", description: "Мои заказы" }]
      yield* call("setMyCommands", { commands, scope: { type: "default" } })
      yield* call("setMyCommands", { commands: russian, language_code: "ru" })
      assert.deepStrictEqual((yield* call("getMyCommands")).body.result, commands)
      assert.deepStrictEqual((yield* call("getMyCommands", { language_code: "ru" })).body.result, russian)
      assert.deepStrictEqual((yield* chat(id)).commands, commands)
      const cases: ReadonlyArray<readonly [unknown, string]> = [
        [{}, "expected an Array of BotCommand"],
        [[{ command: "Orders", description: "x" }], "BOT_COMMAND_INVALID"],
        [[{ command: "/", description: "x" }], "command must be non-empty"],
        [[{ command: "a".repeat(33), description: "x" }], "command length must not exceed 32"],
        [[{ command: "a", description: " " }], "command description must be non-empty"],
      ]
      for (const [wrong, problem] of cases) {
        assert.deepStrictEqual(refusal(yield* call("setMyCommands", { commands: wrong })), badRequest(problem))
      }
      yield* call("deleteMyCommands")
      assert.deepStrictEqual((yield* call("getMyCommands")).body.result, [])
    }).pipe(withEmulator()),
  )

  it.live("takes chat actions, and says yes to logOut and close", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      for (const [method, parameters] of [
        ["sendChatAction", { chat_id: id, action: "typing" }],
        ["logOut", {}],
        ["close", {}],
      ] as const) {
        assert.deepStrictEqual((yield* call(method, parameters)).body, { ok: true, result: true })
      }
      assert.deepStrictEqual(
        refusal(yield* call("sendChatAction", { chat_id: id, action: "sleeping" })),
        badRequest("wrong parameter action in request"),
      )
      assert.strictEqual((yield* call("getMe")).status, 200)
    }).pipe(withEmulator()),
  )

  it.live("keeps real limits when told to, and says how long to wait", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const { advance, transcript } = yield* Emulator
      assert.strictEqual((yield* call("sendMessage", { chat_id: id, text: "1" })).status, 200)
      const { body, headers, status } = yield* call("sendMessage", { chat_id: id, text: "2" })
      const seconds = Number(headers.get("retry-after"))
      assert.isTrue(status === 429 && seconds > 0 && seconds <= 100, `${status}, ${seconds}`)
      assert.deepStrictEqual(body, {
        ok: false,
        error_code: 429,
        description: `Too Many Requests: retry after ${seconds}`,
        parameters: { retry_after: seconds },
      })
      assert.strictEqual((yield* call("sendMessage", { chat_id: id, text: "3" })).status, 429)
      yield* advance(seconds * 1000)
      assert.strictEqual((yield* call("sendMessage", { chat_id: id, text: "4" })).status, 200)
      const calls = (yield* transcript()).filter(({ method }) => method === "sendMessage")
      assert.deepStrictEqual(
        calls.map(({ early = false }) => early),
        [false, false, true, false],
      )
    }).pipe(withEmulator({ limits: { perChatPerSecond: 0.01, perBotPerSecond: 30 } })),
  )
})
