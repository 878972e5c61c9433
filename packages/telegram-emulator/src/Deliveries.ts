/**
 * Brings a bot's updates to its webhook. Order, parallelism and back-off are those of Telegram's own server
 * (github.com/tdlib/telegram-bot-api, WebhookActor.cpp): the updates of one lane one after the other, at most
 * `max_connections` lanes at a time; a failed update is tried again at once, then after 2, 4, 8 … 60 seconds, or
 * after the `Retry-After` it was refused with, until it expires.
 */
import { Clock, Duration, Effect, FiberSet, Latch } from "effect"
import type { Update } from "./BotApi.ts"
import type { QueuedUpdate } from "./UpdateQueue.ts"
import type { Bot, Webhook } from "./World.ts"

export type Outcome =
  | { readonly _tag: "Delivered" }
  | { readonly _tag: "Failed"; readonly problem: string; readonly retryAfterSeconds: number }

/** Telegram draws it anew each time, between one and two minutes. */
const maxBackOffSeconds = 60

export const delivered: Outcome = { _tag: "Delivered" }
export const failed = (problem: string, retryAfterSeconds = 0): Outcome => ({
  _tag: "Failed",
  problem,
  retryAfterSeconds,
})

interface Parcel extends QueuedUpdate {
  failures: number
  notBeforeMs: number
  underWay: boolean
}

/** Runs until it is interrupted. `post` must not take for ever: its lane waits for it. */
export const deliver = Effect.fnUntraced(function* (
  bot: Bot,
  webhook: Webhook,
  post: (update: Update) => Effect.Effect<Outcome>,
) {
  const clock = yield* Clock.Clock
  const attempts = yield* FiberSet.make()
  const news = yield* Latch.make()
  yield* Effect.acquireRelease(
    Effect.sync(() => bot.updates.onPush(() => news.openUnsafe())),
    (stop) => Effect.sync(stop),
  )
  const lanes = new Map<string, Array<Parcel>>()
  let loaded = 0
  let underWay = 0

  const load = () => {
    for (const queued of bot.updates.after(loaded)) {
      loaded = queued.update.update_id
      const lane = lanes.get(queued.lane) ?? []
      lanes.set(queued.lane, lane)
      lane.push({ ...queued, failures: 0, notBeforeMs: 0, underWay: false })
    }
  }

  const finish = (parcel: Parcel) => {
    bot.updates.remove(parcel.update.update_id)
    const lane = lanes.get(parcel.lane) ?? []
    lane.shift()
    if (lane.length === 0) lanes.delete(parcel.lane)
  }

  const settle = (parcel: Parcel, outcome: Outcome) => {
    if (outcome._tag === "Delivered") return finish(parcel)
    const nowMs = clock.currentTimeMillisUnsafe()
    webhook.lastError = { atMs: nowMs, message: outcome.problem }
    const backOff = parcel.failures === 0 ? 0 : Math.min(2 ** parcel.failures, maxBackOffSeconds)
    parcel.failures += 1
    parcel.notBeforeMs = nowMs + 1000 * (outcome.retryAfterSeconds || backOff)
    if (parcel.notBeforeMs > parcel.expiresAtMs) finish(parcel)
  }

  const attempt = (parcel: Parcel) => {
    parcel.underWay = true
    underWay += 1
    return Effect.flatMap(post(parcel.update), (outcome) =>
      Effect.sync(() => {
        parcel.underWay = false
        underWay -= 1
        settle(parcel, outcome)
        news.openUnsafe()
      }),
    )
  }

  while (true) {
    news.closeUnsafe()
    load()
    const nowMs = clock.currentTimeMillisUnsafe()
    let wakeAtMs = Infinity
    for (const lane of lanes.values()) {
      while (lane[0] !== undefined && !lane[0].underWay && lane[0].expiresAtMs <= nowMs) finish(lane[0])
      const parcel = lane[0]
      if (parcel === undefined || parcel.underWay) continue
      if (parcel.notBeforeMs > nowMs) wakeAtMs = Math.min(wakeAtMs, parcel.notBeforeMs)
      else if (underWay < webhook.maxConnections) yield* FiberSet.run(attempts, attempt(parcel))
    }
    yield* wakeAtMs === Infinity
      ? news.await
      : Effect.raceFirst(news.await, Effect.sleep(Duration.millis(wakeAtMs - nowMs)))
  }
}, Effect.scoped)
