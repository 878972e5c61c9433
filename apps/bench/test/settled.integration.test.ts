import { assert, layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { Duration, Effect, Fiber, Layer } from "effect"
import { Ground } from "../src/Ground.ts"
import * as Paylog from "../src/peers/paylog.ts"
import { issue } from "../src/webhooks/invoices.ts"
import { settled } from "../src/webhooks/settled.ts"
import { start } from "../src/webhooks/serverProcess.ts"

const ground = Ground.layer({ events: 0, long: false }).pipe(Layer.provide(DevPostgres.layer))

layer(ground, { excludeTestServices: true })("a round", (it) => {
  it.effect("begins when followers are at the head, and not at all while one of them is behind", () =>
    Effect.gen(function* () {
      const services = yield* Paylog.services((yield* Ground).url)
      yield* Effect.gen(function* () {
        const { run } = yield* FollowerRunner
        const follower = { name: "slow", apply: () => Effect.void }
        const leading = yield* Effect.forkChild(run(follower))
        const { awaitBookmark } = yield* FollowerRunner
        yield* issue(1)
        yield* awaitBookmark("slow", yield* (yield* EventStore).head, "30 seconds")
        yield* settled("test", [], Duration.seconds(30))
        yield* Fiber.interrupt(leading)
        yield* issue(1)
        const { message } = yield* Effect.flip(settled("test", [], Duration.seconds(1)))
        assert.strictEqual(message, "test: after 1s, the follower slow is 3 events behind")
      }).pipe(Effect.provideContext(services))
    }).pipe(Effect.scoped),
  )

  it.effect("says what a program said last that does not start", () =>
    Effect.gen(function* () {
      const bot = new URL("../../bot/src/main.ts", import.meta.url)
      const { message } = yield* Effect.flip(start(bot, { TELEGRAM_BOT_TOKEN: "hush" }))
      assert.match(message, /^bot\/src\/main\.ts: the process has ended with 2; it said:\nTELEGRAM_BOT_TOKEN: /)
    }).pipe(Effect.scoped),
  )
})
