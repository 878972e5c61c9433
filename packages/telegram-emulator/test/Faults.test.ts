import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { Faults } from "@paylog/telegram-emulator/Faults"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Random } from "effect"
import { call, getUpdates, soon, startedUser, withEmulator } from "./support.ts"

const send = (chat_id: number, text: string) => call("sendMessage", { chat_id, text })

const statusOf = (chat_id: number, text: string) => Effect.map(send(chat_id, text), ({ status }) => status)

const sentBy = Effect.fnUntraced(function* (user: number) {
  const { chat } = yield* Emulator
  return (yield* chat(user)).messages.slice(1).map(({ text }) => text)
})

describe("faults", () => {
  it.live("429 closes one chat until its time is up; who comes sooner is counted", () =>
    Effect.gen(function* () {
      const { advance, armFault, transcript } = yield* Emulator
      const one = yield* startedUser
      const other = yield* startedUser
      yield* armFault({ kind: "TooManyRequests", retryAfter: 60, chat: one.id })
      assert.strictEqual(yield* statusOf(other.id, "not this chat"), 200)
      const { body } = yield* send(one.id, "a")
      assert.deepStrictEqual(body.parameters, { retry_after: 60 })
      assert.strictEqual(yield* statusOf(one.id, "too early"), 429)
      assert.strictEqual(yield* statusOf(other.id, "not held up"), 200)
      yield* advance("60 seconds")
      assert.strictEqual(yield* statusOf(one.id, "b"), 200)
      assert.deepStrictEqual(yield* sentBy(one.id), ["b"])
      const early = (yield* transcript()).filter(({ early }) => early)
      assert.deepStrictEqual(
        early.map(({ parameters }) => parameters["text"]),
        ["too early"],
      )
    }).pipe(withEmulator()),
  )

  it.live("500 speaks JSON, 502 does not; neither has an effect", () =>
    Effect.gen(function* () {
      const { armFault, baseUrl, token } = yield* Emulator
      const { id } = yield* startedUser
      yield* armFault({ kind: "ServerError" })
      const { body } = yield* send(id, "x")
      assert.deepStrictEqual(body, { ok: false, error_code: 500, description: "Internal Server Error" })
      yield* armFault({ kind: "ServerError", status: 502 })
      const answer = yield* Effect.promise(() => fetch(`${baseUrl}/bot${token}/sendMessage?chat_id=${id}&text=x`))
      assert.strictEqual(answer.status, 502)
      assert.include(yield* Effect.promise(() => answer.text()), "<html>")
      assert.deepStrictEqual(yield* sentBy(id), [])
    }).pipe(withEmulator()),
  )

  it.live("a reset breaks the connection: before the call has its effect, or after", () =>
    Effect.gen(function* () {
      const { armFault, transcript } = yield* Emulator
      const { id } = yield* startedUser
      yield* armFault({ kind: "Reset" })
      yield* Effect.flip(send(id, "not sent"))
      yield* armFault({ kind: "Reset", applied: true })
      yield* Effect.flip(send(id, "sent all the same"))
      assert.strictEqual(yield* statusOf(id, "fine"), 200)
      assert.deepStrictEqual(yield* sentBy(id), ["sent all the same", "fine"])
      const seen = (yield* transcript()).filter(({ method }) => method === "sendMessage")
      assert.deepStrictEqual(
        seen.map(({ answer, fault }) => [fault, answer !== undefined]),
        [
          ["Reset", false],
          ["Reset", false],
          [undefined, true],
        ],
      )
    }).pipe(withEmulator()),
  )

  it.live("a hang never answers, and ends when the bot hangs up", () =>
    Effect.gen(function* () {
      const { armFault, waitForCalls } = yield* Emulator
      const { id } = yield* startedUser
      yield* armFault({ kind: "Hang", applied: true })
      const hanging = yield* Effect.forkScoped(send(id, "sent"))
      yield* soon(waitForCalls((calls) => calls.some(({ fault }) => fault === "Hang")))
      assert.strictEqual(yield* statusOf(id, "others are served"), 200)
      assert.isUndefined(hanging.pollUnsafe())
      yield* Fiber.interrupt(hanging)
      assert.deepStrictEqual(yield* sentBy(id), ["sent", "others are served"])
    }).pipe(withEmulator()),
  )

  it.live("hit only the method they name, as often as they say, or until they are cleared", () =>
    Effect.gen(function* () {
      const { armFault, clearFaults, faults } = yield* Emulator
      const { id } = yield* startedUser
      yield* armFault({ kind: "ServerError", method: "sendmessage", times: 2 })
      assert.strictEqual((yield* call("getMe")).status, 200)
      assert.strictEqual(yield* statusOf(id, "1"), 500)
      assert.deepStrictEqual(yield* faults, [{ kind: "ServerError", method: "sendmessage", times: 1 }])
      assert.strictEqual(yield* statusOf(id, "2"), 500)
      assert.strictEqual(yield* statusOf(id, "3"), 200)
      yield* armFault({ kind: "ServerError", times: "always" })
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* call("getMe")).status, 500)
      yield* clearFaults
      assert.strictEqual((yield* call("getMe")).status, 200)
    }).pipe(withEmulator()),
  )

  it.live("also meet a poll that was waiting when they were armed", () =>
    Effect.gen(function* () {
      const { armFault, clearFaults, send, waitForCalls } = yield* Emulator
      const { id } = yield* startedUser
      yield* call("getUpdates", { offset: 2 ** 31 - 1 })
      const poll = yield* Effect.forkScoped(Effect.flip(call("getUpdates", { timeout: 50 })))
      yield* soon(waitForCalls((calls) => calls.some(({ parameters }) => parameters["timeout"] === "50")))
      yield* armFault({ kind: "Reset", times: "always" })
      yield* send(id, "kept")
      yield* soon(Fiber.join(poll))
      yield* clearFaults
      assert.lengthOf(yield* getUpdates(), 1)
    }).pipe(withEmulator()),
  )

  it.effect("come with the same luck from the same seed", () =>
    Effect.gen(function* () {
      const run = Effect.gen(function* () {
        const faults = new Faults(yield* Random.Random)
        faults.arm({ kind: "Reset", times: "always", probability: 0.3 })
        return Array.from({ length: 1000 }, () => faults.take({ method: "x", chat: 1 }) !== undefined)
      })
      const first = yield* Random.withSeed(run, "a")
      assert.deepStrictEqual(yield* Random.withSeed(run, "a"), first)
      assert.notDeepEqual(yield* Random.withSeed(run, "b"), first)
      const hits = first.filter((hit) => hit).length
      assert.isTrue(hits > 230 && hits < 370, `${hits} of 1000 at 0.3`)
    }),
  )
})
