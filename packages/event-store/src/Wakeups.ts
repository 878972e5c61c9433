/** How readers learn that the log may have grown, without asking it all the time. A hint only: nothing rests on it but latency. */
import { Context, Deferred, type Duration, Effect, Exit, Layer, PubSub, Queue, type Redacted, Stream } from "effect"
import { Client } from "pg"
import type { StoreUnavailable } from "./EventStore.ts"
import { clientConfig, notConnected } from "./internal/connection.ts"
import { untilReachable } from "./internal/untilReachable.ts"

export class Wakeups extends Context.Service<
  Wakeups,
  {
    /**
     * A value at once, then one whenever the log may have grown, and at least every poll interval. Signals that arrive
     * while the consumer is busy are merged into one; none is lost.
     */
    readonly changes: Stream.Stream<void>
    /** The same of due work: it is added far less often than the log grows, and each queue asks the server when it hears of it. */
    readonly workAdded: Stream.Stream<void>
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
      const changes = withPolling(pubsub, pollEvery)
      return Wakeups.of({
        changes,
        workAdded: changes,
        signal: Effect.asVoid(PubSub.publish(pubsub, undefined)),
      })
    }),
  )

/**
 * Signals reach the readers of every process through `LISTEN` and `NOTIFY`, on one connection of its own. The URL must lead
 * to the server itself: behind a proxy that pools transactions, `LISTEN` hears nothing and says nothing of it. While the
 * connection is down or silent, noticed within 5 s, polling covers for it, and it comes back by itself. At most 100
 * signals a second are sent and as many passed on, the first of a burst at once.
 */
export const layerListen = (url: Redacted.Redacted, pollEvery: Duration.Input = "1 second"): Layer.Layer<Wakeups> =>
  Layer.effect(
    Wakeups,
    Effect.gen(function* () {
      const heard = yield* Queue.sliding<void>(1)
      const unsent = yield* Queue.sliding<void>(1)
      const heardOfWork = yield* Queue.sliding<void>(1)
      const pubsub = yield* PubSub.sliding<void>(1)
      const ofWork = yield* PubSub.sliding<void>(1)
      const passOn = (from: Queue.Dequeue<void>, to: PubSub.PubSub<void>) =>
        Queue.take(from).pipe(
          Effect.andThen(PubSub.publish(to, undefined)),
          Effect.andThen(Effect.sleep(burst)),
          Effect.forever,
          Effect.forkScoped,
        )
      yield* passOn(heard, pubsub)
      yield* passOn(heardOfWork, ofWork)
      yield* connect(url, { log: heard, work: heardOfWork }).pipe(
        untilReachable("Wake-ups by polling alone"),
        Effect.flatMap(({ client, lost }) =>
          Effect.raceFirst(lost, Effect.raceFirst(probe(client), send(client, unsent))),
        ),
        Effect.catch((error) => Effect.logWarning(`Wake-ups by polling alone: ${error.reason}`)),
        Effect.scoped,
        Effect.andThen(Effect.sleep("100 millis")),
        Effect.forever,
        Effect.forkScoped,
      )
      return Wakeups.of({
        changes: withPolling(pubsub, pollEvery),
        workAdded: withPolling(ofWork, pollEvery),
        signal: Effect.andThen(Queue.offer(heard, undefined), Effect.asVoid(Queue.offer(unsent, undefined))),
      })
    }),
  )

const burst = "10 millis"

/** A connection that listens, and how to learn that it is lost. */
const connect = (
  url: Redacted.Redacted,
  heard: { readonly log: Queue.Enqueue<void>; readonly work: Queue.Enqueue<void> },
) =>
  Effect.acquireRelease(
    ask(async () => {
      const lost = Deferred.makeUnsafe<never, StoreUnavailable>()
      const client = new Client({ ...clientConfig({ url, timeouts: { answer: 2000 } }), application_name: listener })
      client.on("error", (cause) => Deferred.doneUnsafe(lost, Exit.fail(notConnected(cause))))
      client.on("end", () => Deferred.doneUnsafe(lost, Exit.fail(notConnected("ended"))))
      // As `sql/work/add.sql` sends it; of the log, and of everything else, the payload is empty.
      client.on("notification", ({ payload }) =>
        Queue.offerUnsafe(payload === "work" ? heard.work : heard.log, undefined),
      )
      try {
        await client.connect()
        await client.query("listen paylog")
      } catch (cause) {
        end(client)
        throw cause
      }
      // What was committed while nobody listened.
      Queue.offerUnsafe(heard.log, undefined)
      Queue.offerUnsafe(heard.work, undefined)
      return { client, lost: Deferred.await(lost) }
    }),
    ({ client }) => Effect.sync(() => end(client)),
  )

const ask = <A>(question: () => Promise<A>) => Effect.tryPromise({ try: question, catch: notConnected })

/** Not awaited: on a silent network the farewell is never answered. */
const end = (client: Client): void => void client.end().catch(() => {})

const probe = (client: Client) =>
  Effect.forever(
    Effect.delay(
      ask(() => client.query("select 1")),
      "3 seconds",
    ),
  )

const send = (client: Client, unsent: Queue.Dequeue<void>) =>
  Queue.take(unsent).pipe(
    Effect.andThen(ask(() => client.query("select pg_notify('paylog', '')"))),
    Effect.andThen(Effect.sleep(burst)),
    Effect.forever,
  )

/** In `pg_stat_activity`. */
const listener = "paylog wake-ups"
