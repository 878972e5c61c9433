import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { Database } from "../src/Database.ts"
import type { DatabaseUrls } from "../src/environment.ts"
import { EventStore } from "../src/EventStore.ts"
import { layerPostgres } from "../src/layerPostgres.ts"
import { connected, rows } from "./support/sql.ts"
import { eventually, World } from "./support/World.ts"

/** How many connections listen. */
const listeners = World.use(({ url }) =>
  Effect.scoped(
    Effect.flatMap(connected(url), (client) =>
      rows(
        client,
        "select from pg_stat_activity where datname = current_database() and application_name = 'paylog wake-ups'",
      ),
    ),
  ),
).pipe(Effect.map(({ length }) => length))

const append = EventStore.use((store) => {
  const event = { id: randomUUID(), type: "T", schemaVersion: 1, data: "{}", metadata: "{}" }
  return store.append({ key: event.id, streams: [{ stream: "s", expected: "any", events: [event] }] })
})

const services = (urls: Partial<DatabaseUrls>) =>
  Layer.unwrap(
    World.use(({ url }) => Effect.succeed(layerPostgres({ url, ownerUrl: undefined, directUrl: undefined, ...urls }))),
  )

layer(World.layer, { excludeTestServices: true })("the services on Postgres", (it) => {
  it.effect("listen on the database's own connection when no pooler stands between", () =>
    eventually(listeners, (count) => count === 1).pipe(Effect.provide(services({}), { local: true })),
  )

  it.effect("do not listen through a pooler, and hear of what was appended by polling", () =>
    Effect.gen(function* () {
      yield* append
      const store = yield* EventStore
      const head = yield* store.head
      const heard = yield* Effect.forkChild(Stream.runHead(store.subscribe(head)))
      yield* append.pipe(Effect.provide(services({ pooler: true }), { local: true }))
      assert.strictEqual(Option.getOrThrow(yield* Fiber.join(heard)).position, head + 1n)
      assert.strictEqual(yield* listeners, 0)
      const prepared = { name: "test-prepared", text: "select name from pg_prepared_statements" }
      assert.deepStrictEqual(yield* Database.use((database) => database.query(prepared)), [])
    }).pipe(Effect.provide(services({ pooler: true }), { local: true })),
  )

  it.effect("listen past the pooler when they know a way", () =>
    World.use(({ url }) =>
      eventually(listeners, (count) => count === 1).pipe(
        Effect.provide(services({ pooler: true, directUrl: url }), { local: true }),
      ),
    ),
  )
})
