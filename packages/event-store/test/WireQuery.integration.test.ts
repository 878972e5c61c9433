import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit, Layer } from "effect"
import { randomUUID } from "node:crypto"
import type { Connection } from "pg"
import { Database } from "../src/Database.ts"
import { EventStore, type RecordedEvent } from "../src/EventStore.ts"
import { ask } from "../src/internal/ask.ts"
import { clientConfig } from "../src/internal/connection.ts"
import { WireQuery } from "../src/internal/WireQuery.ts"
import { RowsApart } from "../src/internal/rowsApart.ts"
import { ofEvents } from "../src/Statement.ts"
import { services, World } from "./support/World.ts"

const readAll = ofEvents(new URL("../sql/log/read-all.sql", import.meta.url))

const clock = {
  name: "clock",
  text: "select date_part('epoch', recorded_at) * 1000 as ms from paylog.events where stream = $1",
}

layer(services().pipe(Layer.provideMerge(World.layer)), { excludeTestServices: true })("events from the wire", (it) => {
  it.effect("are as they were appended, whatever is in their texts", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      const database = yield* Database
      const texts = ["plain", "é", "茶", "🫖", "\uFFFD", "a".repeat(127), "a".repeat(128), `ü${"b".repeat(200)}`]
      for (const text of texts) {
        const stream = `wire-${text}`
        const event = {
          id: randomUUID(),
          type: text,
          schemaVersion: 3,
          data: JSON.stringify({ text: text.repeat(1000) }),
          metadata: ` { "m": "${text}" }`,
        }
        const { firstPosition } = yield* store.append({
          key: randomUUID(),
          streams: [{ stream, expected: "none", events: [event] }],
        })
        const [found = assert.fail("no event")] = yield* store.readStream(stream)
        const { recordedAtMs, ...read } = found
        assert.deepStrictEqual(read, { ...event, stream, version: 1, position: firstPosition })
        const [row] = yield* database.query<{ readonly ms: number }>(clock, [stream])
        assert.strictEqual(recordedAtMs, row?.ms)
      }
    }),
  )

  it.effect(
    "leave the connection as it was, when the statement fails in the middle and when it cannot be read at all",
    () =>
      Effect.gen(function* () {
        const database = yield* Database
        const failing = [
          ["case when position = 3 then position / 0 else position end as position,", /division by zero/],
          ["no_such_column,", /column "no_such_column" does not exist/],
        ] as const
        for (const [index, [column, reason]] of failing.entries())
          for (let time = 0; time < 3; time++) {
            const text = readAll.text.replace("position,", column)
            const exit = yield* Effect.exit(database.query({ ...readAll, name: `failing-${index}`, text }, [0n, 10]))
            assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
            assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", reason)
            // Not known to the connection yet, so its parsing is heard of, and is not taken for that of what failed.
            const events = yield* database.query<RecordedEvent>({ ...readAll, name: `sound-${index}-${time}` }, [0n, 3])
            assert.deepStrictEqual(
              events.map(({ position }) => position),
              [1n, 2n, 3n],
            )
          }
      }),
  )

  it.effect("do not pass through pg's own reader of rows", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const client = new RowsApart(clientConfig({ url }))
      yield* Effect.promise(() => client.connect())
      let rows = 0
      // oxlint-disable-next-line no-unsafe-type-assertion -- what pg's types do not show
      const { connection } = client as unknown as { readonly connection: Connection }
      connection.on("dataRow", () => void (rows += 1))
      const read = Effect.promise(() =>
        ask<ReadonlyArray<RecordedEvent>>((callback) => client.query(new WireQuery(readAll, [0n, 5], callback))),
      )
      assert.lengthOf(yield* read, 5)
      assert.strictEqual(rows, 0)
      yield* Effect.promise(() => client.query("select 1"))
      assert.strictEqual(rows, 1)
      assert.lengthOf(yield* read, 5)
      yield* Effect.promise(() => client.end())
    }),
  )
})
