import type { Update } from "@paylog/telegram-emulator/BotApi"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { call, getUpdates, soon, startedUser, updatesIn, withEmulator } from "./support.ts"

const texts = (updates: ReadonlyArray<Update>) => updates.map(({ message }) => message?.text)

/** A poll that has arrived and waits. */
const waitingPoll = Effect.fnUntraced(function* (parameters: object = {}) {
  const { transcript, waitForCalls } = yield* Emulator
  const [last] = (yield* transcript()).slice(-1)
  const poll = yield* Effect.forkScoped(call("getUpdates", { timeout: 50, ...parameters }))
  yield* soon(
    waitForCalls((calls) =>
      calls.some(({ method, number }) => method === "getUpdates" && number > (last?.number ?? 0)),
    ),
  )
  return poll
})

describe("long polling", () => {
  it.live("confirms by offset only: what is not confirmed comes again", () =>
    Effect.gen(function* () {
      const { send } = yield* Emulator
      const { id } = yield* startedUser
      for (const text of ["a", "b", "c"]) yield* send(id, text)
      const start = texts(yield* getUpdates())
      assert.deepStrictEqual(start, ["/start", "a", "b", "c"])
      const updates = yield* getUpdates({ limit: 2 })
      assert.deepStrictEqual(texts(updates), ["/start", "a"])
      assert.deepStrictEqual(texts(yield* getUpdates()), ["/start", "a", "b", "c"])
      const [first, second] = updates.map(({ update_id }) => update_id)
      assert.strictEqual(second, (first ?? 0) + 1)
      assert.deepStrictEqual(texts(yield* getUpdates({ offset: (second ?? 0) + 1 })), ["b", "c"])
      assert.deepStrictEqual(texts(yield* getUpdates({ offset: -1 })), ["c"])
      assert.deepStrictEqual(texts(yield* getUpdates()), ["c"])
    }).pipe(withEmulator()),
  )

  it.live("waits for an update, and wakes when it comes", () =>
    Effect.gen(function* () {
      const { send } = yield* Emulator
      const { id } = yield* startedUser
      const offset = ((yield* getUpdates())[0]?.update_id ?? 0) + 1
      const poll = yield* waitingPoll({ offset })
      yield* call("getMe")
      assert.isUndefined(poll.pollUnsafe())
      yield* send(id, "Привет")
      assert.deepStrictEqual(texts(updatesIn(yield* soon(Fiber.join(poll)))), ["Привет"])
    }).pipe(withEmulator()),
  )

  it.live("answers an empty list when the time is up", () =>
    Effect.gen(function* () {
      const { advance } = yield* Emulator
      const poll = yield* waitingPoll()
      yield* advance("25 seconds")
      yield* call("getMe")
      assert.isUndefined(poll.pollUnsafe())
      yield* advance("25 seconds")
      assert.deepStrictEqual((yield* soon(Fiber.join(poll))).body, { ok: true, result: [] })
    }).pipe(withEmulator()),
  )

  it.live("refuses the poller that waited when a second one comes", () =>
    Effect.gen(function* () {
      const { addUser, send } = yield* Emulator
      const first = yield* waitingPoll()
      const second = yield* waitingPoll()
      const { body, status } = yield* soon(Fiber.join(first))
      assert.strictEqual(status, 409)
      assert.strictEqual(
        body.description,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      )
      const { id } = yield* addUser({ firstName: "Ann" })
      yield* send(id, "hello")
      assert.strictEqual((yield* soon(Fiber.join(second))).status, 200)
    }).pipe(withEmulator()),
  )

  it.live("is refused while a webhook is set, and ended when one is", () =>
    Effect.gen(function* () {
      const poll = yield* waitingPoll()
      yield* call("setWebhook", { url: "http://127.0.0.1:9/" })
      assert.deepStrictEqual((yield* soon(Fiber.join(poll))).body, {
        ok: false,
        error_code: 409,
        description: "Conflict: terminated by setWebhook request",
      })
      assert.deepStrictEqual((yield* call("getUpdates")).body, {
        ok: false,
        error_code: 409,
        description:
          "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      })
      yield* call("deleteWebhook")
      assert.strictEqual((yield* call("getUpdates")).status, 200)
    }).pipe(withEmulator()),
  )

  it.live("keeps an update whose reader hung up", () =>
    Effect.gen(function* () {
      const { addUser, send } = yield* Emulator
      const poll = yield* waitingPoll()
      yield* Fiber.interrupt(poll)
      const { id } = yield* addUser({ firstName: "Ann" })
      yield* send(id, "still here")
      assert.deepStrictEqual(texts(yield* getUpdates()), ["still here"])
    }).pipe(withEmulator()),
  )

  it.live("queues only the kinds that were asked for, from then on", () =>
    Effect.gen(function* () {
      const { send, setBlocked } = yield* Emulator
      const { id } = yield* startedUser
      yield* getUpdates({ allowed_updates: ["callback_query", "my_chat_member"] })
      yield* send(id, "not queued")
      yield* setBlocked(id, true)
      const kinds = (yield* getUpdates({ allowed_updates: [] })).map((update) => Object.keys(update)[1])
      assert.deepStrictEqual(kinds, ["message", "my_chat_member"], "the first message was there before")
      yield* setBlocked(id, false)
      yield* send(id, "queued again")
      assert.strictEqual((yield* getUpdates({ offset: -1 }))[0]?.message?.text, "queued again")
    }).pipe(withEmulator()),
  )

  it.live("forgets a button press that the bot does not fetch within 150 seconds", () =>
    Effect.gen(function* () {
      const { advance, press, send } = yield* Emulator
      const { id } = yield* startedUser
      yield* call("sendMessage", {
        chat_id: id,
        text: "?",
        reply_markup: { inline_keyboard: [[{ text: "x", callback_data: "x" }]] },
      })
      yield* press(id, { text: "x" })
      yield* send(id, "later")
      yield* advance(151_000)
      assert.deepStrictEqual(texts(yield* getUpdates()), ["/start", "later"])
    }).pipe(withEmulator()),
  )
})
