/** Whether what runs for ever still does: each loop says by when it is heard of again. */
import { Clock, Context, Duration, Effect, Layer } from "effect"

/** A loop of the bot. Which of them a process has depends on how it takes updates. */
export type Loop = "poller" | "inbox" | "sender" | "fulfilment"

/** Without the layer, nobody watches. */
export const Loops = Context.Reference<{
  readonly beat: (loop: Loop, within: Duration.Duration) => Effect.Effect<void>
  /** Those that were not heard of in time, or never. */
  readonly silent: Effect.Effect<ReadonlyArray<Loop>>
}>("bot/Loops", { defaultValue: () => ({ beat: () => Effect.void, silent: Effect.succeed([]) }) })

/** Watches these; each is silent until it is heard of for the first time. */
export const layer = (watched: ReadonlyArray<Loop>): Layer.Layer<never> =>
  Layer.sync(Loops, () => {
    const heardBy = new Map<Loop, number>()
    return {
      beat: (loop, within) =>
        Effect.map(Clock.currentTimeMillis, (now) => void heardBy.set(loop, now + Duration.toMillis(within) + busyMs)),
      silent: Effect.map(Clock.currentTimeMillis, (now) =>
        watched.filter((loop) => (heardBy.get(loop) ?? -Infinity) < now),
      ),
    }
  })

/** The loop is at work, and will say so again `within` that time, a busy machine and a slow database apart. */
export const beat = (loop: Loop, within: Duration.Input): Effect.Effect<void> =>
  Effect.flatMap(Loops, (loops) => loops.beat(loop, Duration.fromInputUnsafe(within)))

const busyMs = 20_000
