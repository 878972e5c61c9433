/** What only Postgres can show of appending and loading. */
import { assert, layer } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { event, everything, several, to, together } from "../src/conformance/law.ts"
import { EventStore, type Fold } from "../src/EventStore.ts"
import * as EventStorePostgres from "../src/EventStorePostgres.ts"
import { layerPolling } from "../src/Wakeups.ts"
import { observed } from "./support/Sabotage.ts"
import { connected, rows } from "./support/sql.ts"
import { storeAt } from "./support/stores.ts"
import { database, World } from "./support/World.ts"

const live = { excludeTestServices: true }

layer(Layer.fresh(World.layer), live)("an append that only the server refuses", (it) => {
  it.effect("fails alone, as a defect, and spares those that were sent with it", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const store = yield* storeAt(url)
      // The owner of the database has a rule of their own.
      yield* rows(yield* connected(url), "alter table paylog.events add check (type <> 'Unwelcome')")
      const unwelcome = { ...event(), type: "Unwelcome" }
      const exits = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, n) => n),
        (n) => Effect.exit(store.append(to(`s-${n}`, "none", n % 20 === 7 ? unwelcome : event()))),
        together,
      )
      for (const [n, exit] of exits.entries()) {
        if (n % 20 === 7) assert.ok(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        else assert.ok(Exit.isSuccess(exit))
      }
      assert.strictEqual((yield* everything(store)).length, 38)
    }),
  )
})

layer(Layer.fresh(World.layer), live)("a server that may lose what it has committed", (it) => {
  it.effect("gets no append, and the caller is told why in time", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const client = yield* connected(url)
      const [{ name } = { name: "" }] = yield* rows<{ name: string }>(client, "select current_database() as name")
      yield* rows(client, `alter database ${name} set synchronous_commit = off`)
      const store = yield* storeAt(url, { answerWithin: 500 })
      const error = yield* Effect.flip(store.append(to("a", "none")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.include(error.message, "57000 nothing is appended while synchronous_commit")
      assert.strictEqual(yield* store.head, 0n)
      yield* rows(client, `alter database ${name} reset synchronous_commit`)
      const safe = yield* storeAt(url)
      assert.strictEqual((yield* safe.append(to("a", "none"))).firstPosition, 1n)
    }),
  )
})

layer(Layer.fresh(World.layer), live)("loads that are asked for together", (it) => {
  it.effect("are two queries when they are many, whatever stream each wants and from wherever on", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const queries: Array<string> = []
      const services = yield* Layer.build(
        EventStorePostgres.layer({ url }).pipe(
          Layer.provide(observed(database(url), ({ name }) => queries.push(name.replace(/-[0-9a-f]+$/, "")))),
          Layer.provide(layerPolling("50 millis")),
        ),
      )
      const store = Context.get(services, EventStore)
      const count: Fold<number> = { initial: 0, evolve: (state) => state + 1 }
      const names = Array.from({ length: 64 }, (_, n) => `s-${n}`)
      yield* Effect.forEach(names, (name, n) => store.append(to(name, "none", ...several((n % 3) + 1))), together)
      const loadAll = Effect.forEach(names, (name) => store.load(count, name), together)
      const first = yield* loadAll
      yield* store.append(to("s-5", "any"))
      // Known to one fold, which reads on, and new to the other.
      const other: Fold<number> = { ...count }
      const [second, whole] = yield* Effect.all(
        [loadAll, Effect.forEach(names, (name) => store.load(other, name), together)],
        together,
      )
      assert.deepStrictEqual(queries, Array(4).fill("read-streams"))
      for (const [n, { state, version }] of first.entries())
        assert.deepStrictEqual([state, version], [(n % 3) + 1, (n % 3) + 1])
      assert.deepStrictEqual(whole, second)
      for (const [n, { state }] of second.entries()) assert.strictEqual(state, (n % 3) + 1 + (n === 5 ? 1 : 0))
    }),
  )
})
