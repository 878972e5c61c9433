import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Input, Telegram } from "telegraf"
import { call, startedUser, withEmulator } from "./support.ts"

const refused = (method: string, parameters: object) =>
  Effect.map(call(method, parameters), ({ body }) => body.description)

const bytes = Buffer.from("id;amount\n1;12.50\n")

describe("photos and documents", () => {
  it.live("are uploaded as Telegraf does it, downloaded again, and sent again by their id", () =>
    Effect.gen(function* () {
      const { baseUrl, chat, file, token } = yield* Emulator
      const { id } = yield* startedUser
      const telegram = new Telegram(token, { apiRoot: baseUrl })
      const sent = yield* Effect.promise(() =>
        telegram.sendDocument(id, Input.fromBuffer(bytes, "receipts.csv"), {
          caption: "<b>Receipts</b> of May",
          parse_mode: "HTML",
        }),
      )
      assert.deepInclude(sent, { caption: "Receipts of May" })
      assert.notProperty(sent, "text")
      assert.deepInclude(sent.document, { file_name: "receipts.csv", file_size: bytes.length })
      assert.deepStrictEqual(Buffer.from(yield* file(sent.document.file_id)), bytes)

      const link = yield* Effect.promise(() => telegram.getFileLink(sent.document.file_id))
      const downloaded = yield* Effect.promise(async () => (await fetch(link)).arrayBuffer())
      assert.deepStrictEqual(Buffer.from(downloaded), bytes)
      const again = yield* Effect.promise(() => telegram.sendDocument(id, sent.document.file_id))
      assert.strictEqual(again.document.file_id, sent.document.file_id)

      const photo = yield* Effect.promise(() => telegram.sendPhoto(id, "https://shop.example/beans.jpg"))
      assert.lengthOf(photo.photo, 1)
      const { messages } = yield* chat(id)
      assert.deepStrictEqual(
        messages.map(({ document, photo, text }) => [text, document?.file_name, photo?.file_name]),
        [
          ["/start", undefined, undefined],
          ["Receipts of May", "receipts.csv", undefined],
          ["", "receipts.csv", undefined],
          ["", undefined, "beans.jpg"],
        ],
      )
    }).pipe(withEmulator()),
  )

  it.live("have captions of 1024 characters that are edited as such, and no text", () =>
    Effect.gen(function* () {
      const { id } = yield* startedUser
      const photo = { chat_id: id, photo: "https://shop.example/1.jpg" }
      assert.strictEqual(
        yield* refused("sendPhoto", { ...photo, caption: "я".repeat(1025) }),
        "Bad Request: message caption is too long",
      )
      assert.isUndefined(yield* refused("sendPhoto", { ...photo, caption: "я".repeat(1024) }))
      const message = { chat_id: id, message_id: 2 }
      assert.isUndefined(yield* refused("editMessageCaption", { ...message, caption: "shorter" }))
      assert.match(
        (yield* refused("editMessageCaption", { ...message, caption: "shorter" })) ?? "",
        /^Bad Request: message is not modified/,
      )
      assert.strictEqual(
        yield* refused("editMessageText", { ...message, text: "x" }),
        "Bad Request: there is no text in the message to edit",
      )
      yield* call("sendMessage", { chat_id: id, text: "x" })
      assert.strictEqual(
        yield* refused("editMessageCaption", { chat_id: id, message_id: 3, caption: "x" }),
        "Bad Request: there is no caption in the message to edit",
      )
      assert.strictEqual(yield* refused("sendPhoto", { chat_id: id }), "Bad Request: there is no photo in the request")
      assert.match(
        (yield* refused("sendPhoto", { chat_id: id, photo: "nonsense" })) ?? "",
        /^Bad Request: wrong remote file identifier/,
      )
      assert.match((yield* refused("getFile", { file_id: "nonsense" })) ?? "", /^Bad Request: wrong file_id/)
    }).pipe(withEmulator()),
  )
})

describe("messages that come from another chat", () => {
  it.live("are forwarded with their author, or copied without", () =>
    Effect.gen(function* () {
      const { addRoom, room } = yield* Emulator
      const ann = yield* startedUser
      const { chat } = yield* addRoom({
        type: "supergroup",
        title: "Owners",
        creator: ann.id,
        botIs: "member",
      })
      const from = { chat_id: chat.id, from_chat_id: ann.id, message_id: 1 }
      const forwarded = (yield* call("forwardMessage", from)).body.result
      assert.deepNestedInclude(forwarded, { text: "/start", "forward_origin.sender_user.id": ann.id })
      const copied = (yield* call("copyMessage", from)).body.result
      assert.deepStrictEqual(copied, { message_id: 2 })
      assert.deepStrictEqual(
        (yield* room(chat.id)).messages.map(({ forwarded_from, text }) => [text, forwarded_from?.id]),
        [
          ["/start", ann.id],
          ["/start", undefined],
        ],
      )
      assert.strictEqual(
        yield* refused("copyMessage", { ...from, message_id: 9 }),
        "Bad Request: message to copy not found",
      )
      assert.strictEqual(yield* refused("forwardMessage", { ...from, from_chat_id: 1 }), "Bad Request: chat not found")
    }).pipe(withEmulator()),
  )

  it.live("can be deleted many at once; what is gone is passed over", () =>
    Effect.gen(function* () {
      const { chat } = yield* Emulator
      const { id } = yield* startedUser
      for (const text of ["a", "b", "c"]) yield* call("sendMessage", { chat_id: id, text })
      assert.isTrue((yield* call("deleteMessages", { chat_id: id, message_ids: [2, 3, 99] })).body.ok)
      assert.deepStrictEqual(
        (yield* chat(id)).messages.map(({ text }) => text),
        ["/start", "c"],
      )
      const tooMany = Array.from({ length: 101 }, (_, i) => i)
      assert.strictEqual(
        yield* refused("deleteMessages", { chat_id: id, message_ids: tooMany }),
        "Bad Request: too many message identifiers specified",
      )
    }).pipe(withEmulator()),
  )
})

describe("what a bot says of itself", () => {
  it.live("is kept by language, and within Telegram's lengths", () =>
    Effect.gen(function* () {
      yield* call("setMyDescription", { description: "Sells coffee" })
      yield* call("setMyDescription", { description: "Продаёт кофе", language_code: "ru" })
      const description = (language_code: string) =>
        Effect.map(call("getMyDescription", { language_code }), ({ body }) => decode(body.result).description)
      assert.strictEqual(yield* description("ru"), "Продаёт кофе")
      assert.strictEqual(yield* description("de"), "Sells coffee")
      assert.strictEqual(
        yield* refused("setMyShortDescription", { short_description: "x".repeat(121) }),
        "Bad Request: bot short description is too long",
      )
      yield* call("setChatMenuButton", { menu_button: { type: "commands" } })
      assert.deepStrictEqual((yield* call("getChatMenuButton")).body.result, { type: "commands" })
    }).pipe(withEmulator()),
  )
})

const decode = Schema.decodeUnknownSync(Schema.Struct({ description: Schema.String }))
