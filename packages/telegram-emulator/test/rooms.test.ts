import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, getUpdates, soon, startedUser, withEmulator } from "./support.ts"

const refused = (method: string, parameters: object) =>
  Effect.map(call(method, parameters), ({ body }) => body.description)

/** A room that Ann has made, with the bot in it. */
const room = Effect.fnUntraced(function* (
  type: "supergroup" | "channel",
  botIs: "administrator" | "member",
  username?: string,
) {
  const emulator = yield* Emulator
  const ann = yield* startedUser
  const name = username === undefined ? {} : { username }
  const { chat } = yield* emulator.addRoom({ type, title: "Owners", creator: ann.id, botIs, ...name })
  return { ...emulator, ann, id: chat.id }
})

describe("a channel", () => {
  it.live("shows what the bot posts, by id or name, and by nobody but the channel", () =>
    Effect.gen(function* () {
      const { id, waitForRoom } = yield* room("channel", "administrator", "checkpoints")
      assert.isBelow(id, -1_000_000_000_000)
      const first = yield* call("sendMessage", { chat_id: id, text: "one" })
      assert.deepInclude(first.body.result, { text: "one", message_id: 1 })
      assert.deepNestedInclude(first.body.result, { "sender_chat.id": id, "chat.type": "channel" })
      assert.notProperty(first.body.result, "from")
      yield* call("sendMessage", { chat_id: "@Checkpoints", text: "two" })
      yield* call("editMessageText", { chat_id: id, message_id: 1, text: "one, corrected" })
      assert.deepStrictEqual(
        yield* soon(waitForRoom(id, ({ messages }) => messages.length === 2 && messages.map(({ text }) => text))),
        ["one, corrected", "two"],
      )
    }).pipe(withEmulator()),
  )

  it.live("refuses a bot that is no administrator, is not in it, or was thrown out, each in Telegram's words", () =>
    Effect.gen(function* () {
      const { ann, bots, id, setMember } = yield* room("channel", "member", "checkpoints")
      const bot = (yield* bots)[0]?.id ?? 0
      const post = refused("sendMessage", { chat_id: id, text: "x" })
      assert.strictEqual(yield* post, "Bad Request: need administrator rights in the channel chat")
      yield* setMember(id, ann.id, bot, "kicked")
      assert.strictEqual(yield* post, "Forbidden: bot was kicked from the channel chat")
      yield* setMember(id, ann.id, bot, "left")
      assert.strictEqual(yield* post, "Forbidden: bot is not a member of the channel chat")
      yield* setMember(id, ann.id, bot, "administrator")
      assert.isUndefined(yield* post)
      assert.strictEqual(
        yield* refused("sendMessage", { chat_id: "@elsewhere", text: "x" }),
        "Bad Request: chat not found",
      )
    }).pipe(withEmulator()),
  )

  it.live("tells the bot of a person's post, and of what the bot has become there", () =>
    Effect.gen(function* () {
      const { ann, id, sendToRoom } = yield* room("channel", "administrator")
      yield* sendToRoom(id, ann.id, "by hand")
      const { body } = yield* call("getUpdates")
      const [, became, post] = Array.isArray(body.result) ? body.result : []
      assert.deepNestedInclude(became, { "my_chat_member.new_chat_member.status": "administrator" })
      assert.deepNestedInclude(post, { "channel_post.text": "by hand", "channel_post.sender_chat.id": id })
      assert.notNestedProperty(post, "channel_post.from")
    }).pipe(withEmulator()),
  )
})

describe("a group", () => {
  it.live("keeps from a bot that is no administrator what is not said to it", () =>
    Effect.gen(function* () {
      const { ann, bots, id, sendToRoom, setMember } = yield* room("supergroup", "member")
      const me = (yield* bots)[0]
      for (const text of ["hello all", "/stats", "/stats@other_bot", `and you, @${me?.username}?`]) {
        yield* sendToRoom(id, ann.id, text)
      }
      yield* setMember(id, ann.id, me?.id ?? 0, "administrator")
      yield* sendToRoom(id, ann.id, "now you hear me")
      const texts = (yield* getUpdatesSince("/start")).flatMap(({ message }) => message?.text ?? [])
      assert.deepStrictEqual(texts, ["/stats", `and you, @${me?.username}?`, "now you hear me"])
    }).pipe(withEmulator()),
  )

  it.live("lets any member press a button, and says who and where; a stranger sees none", () =>
    Effect.gen(function* () {
      const { addUser, ann, id, pressInRoom, setMember } = yield* room("supergroup", "member")
      const [bob, eve] = [yield* addUser({ firstName: "Bob" }), yield* addUser({ firstName: "Eve" })]
      yield* setMember(id, ann.id, bob.id, "member")
      const keyboard = { inline_keyboard: [[{ text: "Approve", callback_data: "approve:1" }]] }
      yield* call("sendMessage", { chat_id: id, text: "Refund 12.50?", reply_markup: keyboard })
      assert.strictEqual((yield* Effect.flip(pressInRoom(id, eve.id, { text: "Approve" })))._tag, "NotFound")
      const pressed = yield* pressInRoom(id, bob.id, { text: "Approve" })
      const query = (yield* getUpdates({ offset: -1 }))[0]?.callback_query
      assert.deepInclude(query, { data: "approve:1" })
      assert.deepNestedInclude(query, { "from.id": bob.id, "message.chat.id": id })
      const callback_query_id = pressed._tag === "Asked" ? pressed.callbackQueryId : ""
      assert.isTrue((yield* call("answerCallbackQuery", { callback_query_id })).body.ok)
    }).pipe(withEmulator()),
  )

  it.live("answers who is in it, what they are, and what is pinned", () =>
    Effect.gen(function* () {
      const { addUser, ann, bots, id, room: look } = yield* room("supergroup", "administrator")
      const eve = yield* addUser({ firstName: "Eve" })
      const statusOf = (user_id: number) =>
        Effect.map(call("getChatMember", { chat_id: id, user_id }), ({ body }) => body)
      assert.deepNestedInclude(yield* statusOf(ann.id), { "result.status": "creator", "result.user.id": ann.id })
      assert.deepNestedInclude(yield* statusOf((yield* bots)[0]?.id ?? 0), { "result.status": "administrator" })
      assert.deepNestedInclude(yield* statusOf(eve.id), { "result.status": "left" })
      assert.strictEqual((yield* statusOf(1)).description, "Bad Request: member not found")
      assert.strictEqual((yield* call("getChatMemberCount", { chat_id: id })).body.result, 2)
      const { body } = yield* call("getChatAdministrators", { chat_id: id })
      assert.lengthOf(Array.isArray(body.result) ? body.result : [], 2)

      yield* call("sendMessage", { chat_id: id, text: "rules" })
      yield* call("pinChatMessage", { chat_id: id, message_id: 1 })
      const about = (yield* call("getChat", { chat_id: id })).body.result
      assert.deepNestedInclude(about, { title: "Owners", "pinned_message.text": "rules" })
      yield* call("unpinChatMessage", { chat_id: id })
      assert.deepStrictEqual((yield* look(id)).pinned, [])
      assert.strictEqual(yield* refused("unpinChatMessage", { chat_id: id }), "Bad Request: message to unpin not found")

      yield* call("leaveChat", { chat_id: id })
      assert.strictEqual(
        yield* refused("sendMessage", { chat_id: id, text: "x" }),
        "Forbidden: bot is not a member of the supergroup chat",
      )
    }).pipe(withEmulator()),
  )

  it.live("has a limit a minute of its own, when limits are set", () =>
    Effect.gen(function* () {
      const { ann, counts, id, setLimits } = yield* room("supergroup", "member")
      yield* setLimits({ perChatPerSecond: 1000, perBotPerSecond: 1000, perGroupPerMinute: 0.5 })
      const send = (chat_id: number) => Effect.map(call("sendMessage", { chat_id, text: "x" }), ({ status }) => status)
      assert.deepStrictEqual([yield* send(id), yield* send(id), yield* send(id)], [200, 429, 429])
      assert.strictEqual(yield* send(ann.id), 200)
      assert.deepInclude(yield* counts, { early: 1, tooManyRequests: 2, succeeded: { sendmessage: 2 } })
      yield* setLimits(undefined)
      yield* Effect.flatMap(Emulator, ({ advance }) => advance("3 minutes"))
      assert.strictEqual(yield* send(id), 200)
    }).pipe(withEmulator()),
  )
})

describe("a person's correction", () => {
  it.live("reaches the bot as an edited message, and only of the person's own", () =>
    Effect.gen(function* () {
      const { edit } = yield* Emulator
      const { id } = yield* startedUser
      yield* edit(id, 1, "/orders")
      const update = (yield* getUpdates({ offset: -1 }))[0]
      assert.deepNestedInclude(update, { "edited_message.text": "/orders", "edited_message.message_id": 1 })
      yield* call("sendMessage", { chat_id: id, text: "mine" })
      assert.strictEqual((yield* Effect.flip(edit(id, 2, "yours")))._tag, "NotPossible")
      assert.strictEqual((yield* Effect.flip(edit(id, 9, "x")))._tag, "NotFound")
    }).pipe(withEmulator()),
  )
})

/** The updates after that message. */
const getUpdatesSince = (text: string) =>
  Effect.map(getUpdates(), (updates) =>
    updates.slice(updates.findLastIndex(({ message }) => message?.text === text) + 1),
  )
