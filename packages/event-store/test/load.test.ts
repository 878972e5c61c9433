/** The cache of states, seen without a database: the log is played here. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Fold, RecordedEvent } from "../src/EventStore.ts"
import * as Load from "../src/internal/load.ts"

const recorded = (stream: string, version: number): RecordedEvent => ({
  position: BigInt(version),
  stream,
  version,
  id: randomUUID(),
  type: "Happened",
  schemaVersion: 1,
  data: `${version}`,
  metadata: "{}",
  recordedAtMs: 0,
})

const ids: Fold<ReadonlyArray<string>> = { initial: [], evolve: (state, { id }) => [...state, id] }

/** A log that can be replaced, and what was asked of it. */
const world = () => {
  const log = new Map<string, Array<RecordedEvent>>()
  const asked: Array<readonly [string, number]> = []
  const load = Load.make((stream, from) =>
    Effect.sync(() => {
      asked.push([stream, from])
      return (log.get(stream) ?? []).filter(({ version }) => version >= from)
    }),
  )
  return { log, load, asked }
}

describe("loading a state", () => {
  it.effect("reads a known stream from its last known event on", () =>
    Effect.gen(function* () {
      const { log, load, asked } = world()
      const events = [recorded("a", 1), recorded("a", 2), recorded("a", 3)]
      log.set("a", events.slice(0, 2))
      yield* load(ids, "a")
      log.set("a", events)
      const loaded = yield* load(ids, "a")
      assert.deepStrictEqual(asked, [
        ["a", 1],
        ["a", 2],
      ])
      assert.deepStrictEqual(
        loaded.state,
        events.map(({ id }) => id),
      )
      assert.strictEqual(loaded.version, 3)
    }),
  )

  it.effect("believes the log and not its memory, when the log was set back", () =>
    Effect.gen(function* () {
      const { log, load } = world()
      const [one, two, otherTwo] = [recorded("a", 1), recorded("a", 2), recorded("a", 2)]
      for (const [before, after] of [
        [[one, two], [one]],
        [
          [one, two],
          [one, otherTwo],
        ],
        [[one, two], []],
      ] as const) {
        log.set("a", [...before])
        yield* load(ids, "a")
        log.set("a", [...after])
        const { state, version, last } = yield* load(ids, "a")
        assert.deepStrictEqual(
          state,
          after.map(({ id }) => id),
        )
        assert.strictEqual(version, after.length)
        assert.strictEqual(last?.id, after.at(-1)?.id)
      }
    }),
  )

  it.effect("remembers a bounded number of streams, those loaded last, and none that do not exist", () =>
    Effect.gen(function* () {
      const { log, load, asked } = world()
      const names = Array.from({ length: 2001 }, (_, n) => `s-${n}`)
      for (const name of names) log.set(name, [recorded(name, 1), recorded(name, 2)])
      for (const name of names.slice(0, 2000)) yield* load(ids, name)
      yield* load(ids, "nothing")
      yield* load(ids, "s-0")
      yield* load(ids, "s-2000")
      asked.length = 0
      yield* load(ids, "s-0")
      yield* load(ids, "s-2")
      yield* load(ids, "s-1")
      yield* load(ids, "nothing")
      assert.deepStrictEqual(asked, [
        ["s-0", 2],
        ["s-2", 2],
        ["s-1", 1],
        ["nothing", 1],
      ])
    }),
  )

  it.effect("keeps the states of one fold from another's", () =>
    Effect.gen(function* () {
      const { log, load } = world()
      log.set("a", [recorded("a", 1)])
      const count: Fold<number> = { initial: 0, evolve: (state) => state + 1 }
      yield* load(ids, "a")
      assert.strictEqual((yield* load(count, "a")).state, 1)
    }),
  )
})
