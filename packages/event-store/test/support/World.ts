/** A database of its own with the log's schema, and services over it. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Clock, Context, type Duration, Effect, Equal, Layer, type Redacted, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { inspect } from "node:util"
import * as DatabasePostgres from "../../src/DatabasePostgres.ts"
import { EventStore } from "../../src/EventStore.ts"
import * as EventStorePostgres from "../../src/EventStorePostgres.ts"
import type { Follower } from "../../src/Follower.ts"
import { FollowerRunner, type FollowerRunnerOptions } from "../../src/FollowerRunner.ts"
import { migratedTemplate } from "../../src/migratedTemplate.ts"
import { layerPolling } from "../../src/Wakeups.ts"

/** Where the database of the test is. */
export class World extends Context.Service<World, { readonly url: Redacted.Redacted }>()("test/World") {
  static readonly layer = Layer.effect(
    World,
    Effect.suspend(() => freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations]) })),
  ).pipe(Layer.provide(DevPostgres.layer))
}

export const database = (url: Redacted.Redacted) => DatabasePostgres.layer({ url, connections: 4 })

/** What one process has: a pool, the log, wake-ups, and a runner. */
export const services = (options?: FollowerRunnerOptions, over: typeof database = database) =>
  Layer.unwrap(Effect.map(World, ({ url }) => servicesAt(url, options, over)))

export const servicesAt = (url: Redacted.Redacted, options?: FollowerRunnerOptions, over = database) =>
  FollowerRunner.layer(options).pipe(
    Layer.provideMerge(EventStorePostgres.layer({ url })),
    Layer.provideMerge(layerPolling("100 millis")),
    Layer.provideMerge(over(url)),
  )

/** Runs a follower as another process would: with services of its own. Interrupt the fiber to stop it. */
export const start = <E>(follower: Follower<E>, options?: FollowerRunnerOptions, over?: typeof database) =>
  FollowerRunner.use((runner) => runner.run(follower)).pipe(
    Effect.provide(services(options, over), { local: true }),
    Effect.forkScoped,
  )

/** Appends so many events, in order; event n goes to the stream `stream(n)`. Answers the last one's position. */
export const grow = Effect.fnUntraced(function* (count: number, stream: (n: number) => string) {
  const store = yield* EventStore
  const appended = yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index + 1),
    (n) => {
      const event = { id: randomUUID(), type: "Grown", schemaVersion: 1, data: "{}", metadata: "{}" }
      return store.append({ key: event.id, streams: [{ stream: stream(n), expected: "any", events: [event] }] })
    },
    { concurrency: 256 },
  )
  return appended.at(-1)?.lastPosition ?? 0n
})

/** Asks until the answer is right; a defect when it is not in time. */
export const eventually = <A, E, R>(
  ask: Effect.Effect<A, E, R>,
  right: (answer: A) => boolean,
  within: Duration.Input = "10 seconds",
) => {
  let last: A | undefined
  return ask.pipe(
    Effect.tap((answer) => Effect.sync(() => (last = answer))),
    Effect.repeat({ until: right, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOrElse({
      duration: within,
      orElse: () => Effect.suspend(() => Effect.die(new Error(`Not in time; the last answer was ${inspect(last)}`))),
    }),
  )
}

/** The answer once it has been the same for a second. */
export const settled = Effect.fnUntraced(function* <A, E, R>(ask: Effect.Effect<A, E, R>) {
  let last = yield* ask
  let since = yield* Clock.currentTimeMillis
  const quietMs = Effect.gen(function* () {
    const next = yield* ask
    const now = yield* Clock.currentTimeMillis
    if (!Equal.equals(next, last)) since = now
    last = next
    return now - since
  })
  yield* eventually(quietMs, (ms) => ms > 1000, "20 seconds")
  return last
})
