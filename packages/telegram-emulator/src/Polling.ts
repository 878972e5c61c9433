/** `getUpdates`: https://core.telegram.org/bots/api#getupdates */
import { Clock, Deferred, Duration, Effect } from "effect"
import { type ApiError, conflict, type Update } from "./BotApi.ts"
import type { Answer, Call } from "./Method.ts"
import type { Bot } from "./World.ts"
import { askFor } from "./allowedUpdates.ts"

/** Ends the call that waits for a bot's updates. */
type Waiting = (error: ApiError) => void

export class Polling {
  readonly #waiting = new Map<Bot, Waiting>()

  /** Ends a waiting call with an error, if there is one. */
  end(bot: Bot, error: ApiError): void {
    this.#waiting.get(bot)?.(error)
  }

  /**
   * Answers at once when there are updates or `timeout` is 0; otherwise waits that many seconds (at most 50) for one.
   * Only one call can wait for a bot: the one that waited before is refused with 409.
   */
  readonly getUpdates = (call: Call): Effect.Effect<Answer, ApiError> =>
    Effect.gen({ self: this }, function* () {
      const { bot, nowMs, parameters } = call
      if (bot.webhook !== undefined) {
        return yield* conflict(
          "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
      }
      const limit = parameters.integer("limit", { default: 100, min: 1, max: 100 })
      const timeout = parameters.integer("timeout", { default: 0, min: 0, max: 50 })
      askFor(call)
      bot.updates.confirm(parameters.integer("offset", { default: 0, min: -(2 ** 31), max: 2 ** 31 }))
      const updates = bot.updates.read(limit, nowMs)
      if (updates.length > 0 || timeout === 0) return { result: updates }
      this.end(bot, conflict("terminated by other getUpdates request; make sure that only one bot instance is running"))
      return { result: yield* this.#wait(bot, limit, timeout * 1000) }
    })

  #wait(bot: Bot, limit: number, timeoutMs: number): Effect.Effect<ReadonlyArray<Update>, ApiError> {
    return Effect.gen({ self: this }, function* () {
      const clock = yield* Clock.Clock
      const outcome = Deferred.makeUnsafe<ReadonlyArray<Update>, ApiError>()
      const end: Waiting = (error) => Deferred.doneUnsafe(outcome, Effect.fail(error))
      const stopListening = bot.updates.onPush(() => {
        const updates = bot.updates.read(limit, clock.currentTimeMillisUnsafe())
        if (updates.length > 0) Deferred.doneUnsafe(outcome, Effect.succeed(updates))
      })
      this.#waiting.set(bot, end)
      // Also runs when the bot hangs up: what it has not read stays in the queue.
      const leave = Effect.sync(() => {
        stopListening()
        if (this.#waiting.get(bot) === end) this.#waiting.delete(bot)
      })
      // Counted from here: the fiber that sleeps may start later.
      const untilMs = clock.currentTimeMillisUnsafe() + timeoutMs
      const timeIsUp = Effect.suspend(() =>
        Effect.sleep(Duration.millis(Math.max(untilMs - clock.currentTimeMillisUnsafe(), 0))),
      )
      return yield* Deferred.await(outcome).pipe(Effect.raceFirst(Effect.as(timeIsUp, [])), Effect.ensuring(leave))
    })
  }
}
