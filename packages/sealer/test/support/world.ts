/** A database of the test's own with the log and the tree, and every service over it. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { type Sql, Database } from "@paylog/event-store/Database"
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { Context, type Duration, Effect, Layer, type Redacted, Schedule } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { inspect } from "node:util"
import { migrations } from "../../src/migrations.ts"

export class World extends Context.Service<World, { readonly url: Redacted.Redacted }>()("test/World") {}

const fresh = Layer.effect(
  World,
  Effect.suspend(() => freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations, migrations]) })),
).pipe(Layer.provide(DevPostgres.layer))

/** What one process has. */
export const services = (url: Redacted.Redacted) => layerPostgres({ url, ownerUrl: undefined, directUrl: url })

export const world = Layer.unwrap(Effect.map(World, ({ url }) => services(url))).pipe(Layer.provideMerge(fresh))

/** Any statement. */
export const run = Effect.fnUntraced(function* <Row>(text: string, values: ReadonlyArray<unknown> = [], on?: Sql) {
  const name = createHash("sha256").update(text).digest("hex").slice(0, 16)
  return yield* (on ?? (yield* Database)).query<Row>({ name, text }, values)
})

/** As a superuser may: with triggers off, in one transaction. */
export const superuser = (...texts: ReadonlyArray<string>) =>
  Database.use(({ transaction }) =>
    transaction((sql) =>
      Effect.forEach(
        [
          "alter table paylog.events disable trigger refuse_change",
          ...texts,
          "alter table paylog.events enable always trigger refuse_change",
        ],
        (text) => run(text, [], sql),
        { discard: true },
      ),
    ),
  )

const event = (n: number): NewEvent => ({
  id: randomUUID(),
  type: "Grown",
  schemaVersion: 1,
  // Not all of it ASCII, and some of it escaped.
  data: JSON.stringify({ n, text: 'naïve "日本" \\ 😀'.repeat(n % 4) }),
  metadata: '{ "source" : "test" }',
})

/** Appends `appends` times 1 to 3 events. Answers with the last position. */
export const grow = Effect.fnUntraced(function* (appends: number) {
  const store = yield* EventStore
  const done = yield* Effect.forEach(
    Array.from({ length: appends }, (_, n) => n),
    (n) => {
      const [first, ...others] = Array.from({ length: 1 + (n % 3) }, () => event(n))
      return store.append({
        key: randomUUID(),
        streams: [{ stream: `grown-ü-${n % 7}`, expected: "any", events: [first ?? event(n), ...others] }],
      })
    },
    { concurrency: 64 },
  )
  return done.reduce((most, { lastPosition }) => (lastPosition > most ? lastPosition : most), 0n)
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
