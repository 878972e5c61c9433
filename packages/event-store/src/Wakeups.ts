/** How readers learn that the log may have grown, without asking it all the time. A hint only: nothing rests on it but latency. */
import { Context, type Duration, Effect, Layer, PubSub, Stream } from "effect"

export class Wakeups extends Context.Service<
  Wakeups,
  {
    /**
     * A value at once, then one whenever the log may have grown, and at least every poll interval. Signals that arrive
     * while the consumer is busy are merged into one; none is lost.
     */
    readonly changes: Stream.Stream<void>
    /** Tells every reader, also those of other processes where the layer can, that a commit has been made. Never fails. */
    readonly signal: Effect.Effect<void>
  }
>()("event-store/Wakeups") {}

/** The signals of `pubsub` (a sliding one of capacity 1), with polling as the safety net. */
export const withPolling = (pubsub: PubSub.PubSub<void>, pollEvery: Duration.Input): Stream.Stream<void> =>
  PubSub.subscribe(pubsub).pipe(
    Effect.map((signals) =>
      Stream.concat(
        Stream.make(undefined),
        Stream.fromEffectRepeat(
          PubSub.take(signals).pipe(Effect.timeoutOrElse({ duration: pollEvery, orElse: () => Effect.void })),
        ),
      ),
    ),
    Stream.unwrap,
  )

/** Signals reach the readers of this process; those of others poll. Needs no connection of its own. */
export const layerPolling = (pollEvery: Duration.Input = "1 second"): Layer.Layer<Wakeups> =>
  Layer.effect(
    Wakeups,
    Effect.gen(function* () {
      const pubsub = yield* PubSub.sliding<void>(1)
      return Wakeups.of({
        changes: withPolling(pubsub, pollEvery),
        signal: Effect.asVoid(PubSub.publish(pubsub, undefined)),
      })
    }),
  )
