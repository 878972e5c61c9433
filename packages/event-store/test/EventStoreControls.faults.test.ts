/**
 * Do the tests of the log notice anything? Each control takes one thing out of the append function and expects the check
 * that guards it to fail.
 */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, type Redacted } from "effect"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import { to } from "../src/conformance/law.ts"
import { noLock, sabotaged } from "./support/sabotaged.ts"
import { connected, rows } from "./support/sql.ts"
import { storeAt, storeLayer } from "./support/stores.ts"
import * as Workload from "./support/workload.ts"

/** The titles of the laws that a log on this database breaks. */
const broken = (url: Redacted.Redacted, among: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const found: Array<string> = []
    for (const title of among) {
      const law = laws.find((law) => law.title.startsWith(title))
      assert.ok(law !== undefined, title)
      const exit = yield* Effect.exit(law.check)
      if (exit._tag === "Failure") found.push(title)
    }
    return found
  }).pipe(Effect.provide(storeLayer(url), { local: true }))

const fitting = "part_expected[p] in (-1, versions[p])"

const now = "date_trunc('milliseconds', clock_timestamp())"
const backwards = `${now} - coalesce(newest.position, 0) * interval '1 second'`

/** The way of a batch in which no two appends meet. */
const shortCut = "not key_found and part_expected = stream_versions"

layer(DevPostgres.layer, { excludeTestServices: true })("a check notices", (it) => {
  const control = (what: string, changes: ReadonlyArray<readonly [string, string]>, titles: ReadonlyArray<string>) =>
    it.effect(what, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* broken(yield* sabotaged(changes), titles), titles)
        assert.deepStrictEqual(yield* broken(yield* sabotaged([]), titles), [])
      }),
    )

  control(
    "an expected version that is only checked for being behind, as a unique constraint alone would",
    [[fitting, "part_expected[p] = -1 or part_expected[p] >= versions[p]"]],
    ["takes an exact version"],
  )
  control("a short cut past the keys", [[shortCut, "part_expected = stream_versions"]], ["looks the key up before"])
  control(
    "a short cut past the versions",
    [[shortCut, "not key_found"]],
    ["takes none and 0", "takes an exact version"],
  )
  control("a version that is not checked", [[fitting, "true"]], ["takes none and 0", "lets exactly one of 64"])
  control(
    "a key that is not looked up",
    [["if key_positions[k] > 0 then", "if false then"]],
    ["answers a repeated append", "appends once when the same append"],
  )
  control(
    "a key that is looked up after the version",
    [
      [
        "if key_positions[k] > 0 then",
        "if key_positions[k] > 0 and part_expected[parts_before + 1] in (-1, stream_versions[part_streams[parts_before + 1]]) then",
      ],
    ],
    ["looks the key up before the version"],
  )
  control("content that is not compared", [["key_digests[k] <> digests[i]", "false"]], ["refuses a key that has other"])
  control(
    "several streams of which only the last is checked",
    [[`wins := wins and ${fitting}`, `wins := ${fitting}`]],
    ["appends to none of several streams"],
  )
  control(
    "a clock that runs backwards, unless the last time is kept",
    [[`greatest(${now}, newest.recorded_at)`, backwards]],
    ["records times"],
  )

  it.effect("that a clock which runs backwards does no harm while the last time is kept", () =>
    Effect.gen(function* () {
      const url = yield* sabotaged([[now, backwards]])
      assert.deepStrictEqual(yield* broken(url, ["records times"]), [])
    }),
  )

  it.effect(
    "processes that do not wait for each other: the constraints hold, but statements fail, of an append alone too",
    () =>
      Effect.gen(function* () {
        const url = yield* sabotaged([noLock])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stores = yield* Effect.forEach([1, 2, 3], () => storeAt(url))
            yield* Effect.exit(Workload.run(stores, { count: 500, callers: 32 }))
          }),
        )
        assert.isAbove(yield* Workload.rollbacks(url), 0)
      }),
  )

  it.effect("positions from a sequence, under which a reader misses events", () =>
    Effect.gen(function* () {
      const url = yield* sabotaged([
        noLock,
        [shortCut, "false"],
        ["event_positions[e] := last_position + e - events_before;", "event_positions[e] := nextval('paylog.naive');"],
      ])
      const client = yield* connected(url)
      yield* rows(client, "create sequence paylog.naive")
      const stores = yield* Effect.forEach([1, 2, 3], () => storeAt(url))
      const seen = new Set<bigint>()
      const reader = yield* Effect.forkChild(
        Effect.gen(function* () {
          const store = yield* storeAt(url)
          let last = 0n
          while (last < 1500n) {
            for (const { position } of yield* store.readAll(last, 100)) {
              seen.add(position)
              last = position
            }
            yield* Effect.yieldNow
          }
        }),
      )
      yield* Effect.forEach(
        stores,
        (store, index) =>
          Effect.forEach(Array.from({ length: 500 }), (_, n) => store.append(to(`${index}-${n}`, "none")), {
            concurrency: 3,
          }),
        { concurrency: "unbounded" },
      )
      yield* Effect.timeoutOption(Fiber.join(reader), "10 seconds")
      const stored = yield* rows(client, "select from paylog.events")
      assert.strictEqual(stored.length, 1500)
      assert.isBelow(seen.size, 1500)
    }),
  )
})
