import type { Message, Update } from "@paylog/telegram-emulator/BotApi"
import { deliver, delivered, failed, type Outcome } from "@paylog/telegram-emulator/Deliveries"
import { addBot, notify, type World } from "@paylog/telegram-emulator/World"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Random } from "effect"
import { TestClock } from "effect/testing"

const person = (id: number) => ({ id, is_bot: false, first_name: "Ann" })
const message = (id: number): Message => ({
  message_id: id,
  from: person(1),
  chat: { id: 1, type: "private", first_name: "Ann" },
  date: 0,
  text: String(id),
})

/** A webhook that answers by `answer`, and the times and texts of what came to it. */
const delivering = Effect.fnUntraced(function* (
  answer: (update: Update, earlier: number) => Effect.Effect<Outcome>,
  maxConnections = 40,
) {
  const world: World = {
    bots: new Map(),
    users: new Map(),
    rooms: new Map(),
    files: new Map(),
    random: yield* Random.Random,
    emit: () => {},
  }
  const bot = addBot(world, { token: "1:a" })
  const webhook = {
    url: "",
    secretToken: "",
    maxConnections,
    ipAddress: "",
    hasCustomCertificate: false,
    lastError: undefined,
  }
  const seen: Array<{ readonly atMs: number; readonly text: string | undefined }> = []
  yield* deliver(bot, webhook, (update) =>
    Effect.gen(function* () {
      seen.push({ atMs: yield* Clock.currentTimeMillis, text: update.message?.text ?? "press" })
      return yield* answer(update, seen.length - 1)
    }),
  ).pipe(Effect.forkScoped({ startImmediately: true }))
  const write = (id: number, user = 1) => notify(bot, "message", message(id), user, 0)
  return { bot, webhook, seen, write }
})

describe("deliveries to a webhook", () => {
  it.effect(
    "tries a failed update again at once, then after 2, 4, 8 … 60 seconds, and holds back what follows it",
    () =>
      Effect.gen(function* () {
        const { bot, seen, webhook, write } = yield* delivering((_, earlier) =>
          Effect.succeed(earlier < 9 ? failed("broken") : delivered),
        )
        write(1)
        write(2)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(
          seen.map(({ atMs }) => atMs / 1000),
          [0, 0, 2, 6, 14, 30, 62, 122, 182, 242, 242],
        )
        assert.deepStrictEqual(seen.map(({ text }) => text).join(""), "11111111112")
        assert.deepStrictEqual(webhook.lastError, { atMs: 182_000, message: "broken" })
        assert.strictEqual(bot.updates.size, 0)
      }),
  )

  it.effect("waits as long as the webhook's Retry-After says", () =>
    Effect.gen(function* () {
      const { seen, write } = yield* delivering((_, earlier) =>
        Effect.succeed(earlier === 0 ? failed("busy", 17) : delivered),
      )
      write(1)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        seen.map(({ atMs }) => atMs / 1000),
        [0, 17],
      )
    }),
  )

  it.effect("keeps order within a chat, and lets no chat wait for another", () =>
    Effect.gen(function* () {
      const { seen, write } = yield* delivering(({ message }) =>
        message?.text.startsWith("1") === true
          ? Effect.delay(Effect.succeed(delivered), "1 second")
          : Effect.succeed(delivered),
      )
      write(10, 1)
      write(11, 1)
      write(20, 2)
      yield* TestClock.adjust("0 seconds")
      assert.deepStrictEqual(seen, [
        { atMs: 0, text: "10" },
        { atMs: 0, text: "20" },
      ])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen[2], { atMs: 1000, text: "11" })
    }),
  )

  it.effect("has at most max_connections under way", () =>
    Effect.gen(function* () {
      let underWay = 0
      let most = 0
      const { seen, write } = yield* delivering(
        () =>
          Effect.sync(() => {
            most = Math.max(most, ++underWay)
          }).pipe(
            Effect.delay("1 second"),
            Effect.andThen(
              Effect.sync(() => {
                underWay--
                return delivered
              }),
            ),
          ),
        3,
      )
      for (let user = 1; user <= 10; user++) write(user, user)
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(seen, 10)
      assert.isAtMost(most, 3)
      assert.deepStrictEqual(
        seen.map(({ atMs }) => atMs / 1000),
        [0, 0, 0, 1, 1, 1, 2, 2, 2, 3],
      )
    }),
  )

  it.effect("gives up an update that has expired, and goes on with the next", () =>
    Effect.gen(function* () {
      const { bot, seen, write } = yield* delivering(({ callback_query }) =>
        Effect.succeed(callback_query === undefined ? delivered : failed("broken")),
      )
      const press = { id: "1", from: person(1), message: message(1), chat_instance: "1", data: "" }
      notify(bot, "callback_query", press, 1, 0)
      yield* TestClock.adjust("10 minutes")
      write(2)
      yield* TestClock.adjust("0 seconds")
      // The next try would have come at 182 seconds, after the 150 that a press lives.
      assert.deepStrictEqual(
        seen.map(({ atMs }) => atMs / 1000),
        [0, 0, 2, 6, 14, 30, 62, 122, 600],
      )
      assert.strictEqual(bot.updates.size, 0)
    }),
  )
})
