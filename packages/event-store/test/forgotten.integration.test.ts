/** What was asked and answered is garbage that a small collection finds: see `internal/ask.ts`. */
import { assert, layer } from "@effect/vitest"
import { Array as Arr, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Database } from "../src/Database.ts"
import { EventStore } from "../src/EventStore.ts"
import { services, World } from "./support/World.ts"

setFlagsFromString("--expose-gc")
const collect: (options: { readonly type: "minor" | "major" }) => void = runInNewContext("gc")

const times = 30
/** What is asked for each time: so many texts of so many characters. */
const count = 100
const length = 2000
/** Of a few turns something may be under way still. */
const few = 5 * count * length

const texts = () => Arr.makeBy(count, (index) => `${index}`.repeat(length).slice(0, length))

/** How many bytes are left of the effect when it ran `times` times, after small collections alone. */
const leftOnce = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    yield* effect
    collect({ type: "major" })
    const before = process.memoryUsage().heapUsed
    yield* Effect.forEach(Array.from({ length: times }), () => effect, { discard: true })
    // What survives the first is looked at again by the second.
    collect({ type: "minor" })
    collect({ type: "minor" })
    return process.memoryUsage().heapUsed - before
  })

/** The least of five: a collection in the middle of a turn keeps what that turn has in hand. What is never let go is left by each. */
const left = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.map(Effect.all(Array.from({ length: 5 }, () => leftOnce(effect))), (all) => Math.min(...all))

layer(services().pipe(Layer.provideMerge(World.layer)), { excludeTestServices: true })("what is over", (it) => {
  it.effect("leaves no event that was appended or read", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const stream = randomUUID()
      const event = (text: string) => ({
        id: randomUUID(),
        type: "Happened",
        schemaVersion: 1,
        data: `"${text}"`,
        metadata: "{}",
      })
      const append = Effect.suspend(() =>
        store.append({ key: randomUUID(), streams: [{ stream, expected: "any", events: Arr.map(texts(), event) }] }),
      )
      assert.isBelow(yield* left(append), few)
      assert.isBelow(yield* left(store.readStream(stream, { limit: count })), few)
    }),
  )

  it.effect("leaves no row of another statement", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const text = `select repeat('x', ${length}) || n as text from generate_series(1, ${count}) as n`
      assert.isBelow(yield* left(database.query({ name: "many", text })), few)
    }),
  )

  it.effect("leaves no value of another statement", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const statement = { name: "much", text: "select array_length($1::text[], 1) as length" }
      const written = Effect.suspend(() => {
        const values = [texts()]
        return database.transaction((sql) => sql.query(statement, values))
      })
      assert.isBelow(yield* left(written), few)
      assert.isBelow(yield* left(Effect.suspend(() => database.query(statement, [texts()]))), few)
    }),
  )
})
