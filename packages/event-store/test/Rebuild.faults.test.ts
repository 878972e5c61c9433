import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, Random, Redacted, type Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Database } from "../src/Database.ts"
import type { EventStore } from "../src/EventStore.ts"
import { FollowerRunner } from "../src/FollowerRunner.ts"
import * as Rebuild from "../src/Rebuild.ts"
import { about, counted, expected, tally, tallyTable } from "./support/Tally.ts"
import { eventually, grow, services, start, World } from "./support/World.ts"

it.live("goes on where it was when its process is killed, twenty times, and ends with equal rows", () =>
  test(
    Effect.gen(function* () {
      yield* start(tally(), quick)
      const { awaitBookmark } = yield* FollowerRunner
      yield* awaitBookmark("tally", yield* grow(20_000, (n) => `s${(n * 7919) % 500}`), "60 seconds")
      const before = { rows: yield* counted, about: yield* about }
      let killed = 0
      for (let last = 0n; killed < 20;) {
        const child = yield* rebuilding()
        // In the middle of its work: it has moved on, and is about to move on again.
        last = yield* eventually(reached, (now) => now > last || child.exitCode !== null, "20 seconds")
        assert.isNull(child.exitCode, `it was done after ${killed} kills`)
        yield* Effect.sleep(`${yield* Random.nextBetween(0, 30)} millis`)
        if (child.exitCode !== null) break
        child.kill("SIGKILL")
        killed++
        yield* awaitBookmark("tally", yield* grow(20, (n) => `s${n}`), "20 seconds")
      }
      assert.strictEqual(killed, 20)
      const child = yield* rebuilding()
      yield* Effect.promise(async () => child.exitCode ?? (await once(child, "exit")))
      assert.strictEqual(child.exitCode, 0)
      assert.deepStrictEqual(yield* counted, yield* expected(2))
      assert.isAbove((yield* counted).length, before.rows.length - 1)
      assert.deepStrictEqual(yield* about, before.about)
      assert.deepStrictEqual(yield* Rebuild.unfinished, [])
    }),
  ),
)

it.live("control: with shards' bookmarks that are moved on their own, kills lose events", () =>
  test(
    Effect.gen(function* () {
      yield* grow(20_000, (n) => `s${(n * 7919) % 500}`)
      let wrong = false
      for (let attempt = 0, last = 0n; attempt < 20; attempt++) {
        const child = yield* rebuilding("sabotaged")
        last = yield* eventually(reached, (now) => now > last || child.exitCode !== null, "20 seconds")
        yield* Effect.sleep(`${yield* Random.nextBetween(0, 30)} millis`)
        child.kill("SIGKILL")
        if (child.exitCode !== null) break
        wrong = yield* lost
        if (wrong) break
      }
      assert.isTrue(wrong, "events are lost")
    }),
  ),
)

const quick = { lease: "1 second", retake: "100 millis" } as const

const entry = fileURLToPath(new URL("support/rebuild-process.ts", import.meta.url))

/** A process that rebuilds, killed at the latest when the scope closes. */
const rebuilding = Effect.fnUntraced(function* (...sabotage: ReadonlyArray<string>) {
  const { url } = yield* World
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [entry, Redacted.value(url), ...sabotage], {
        stdio: ["ignore", "ignore", "pipe"],
      })
      child.stderr.pipe(process.stderr)
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
})

/** The sum of the shards' positions. */
const reached = Database.use(({ query }) =>
  query<{ readonly sum: bigint }>({
    name: "test-reached",
    text: "select coalesce(sum(position), 0)::bigint as sum from paylog.rebuild_shards",
  }),
).pipe(Effect.map(([row]) => row?.sum ?? 0n))

/** Whether the unfinished rows differ from what the log says up to where their stream was last counted, or lack a stream. */
const lost = Database.use(({ query }) =>
  query<{ readonly wrong: boolean }>({
    name: "test-lost",
    text: `
      select exists (
        select from public.tally_rebuild_2 as made
        where events <> (select count(*) from paylog.events where stream = made.stream and position <= made.last)
      ) as wrong`,
  }),
).pipe(Effect.map(([row]) => row?.wrong === true))

const test = <A, E>(effect: Effect.Effect<A, E, World | Database | EventStore | FollowerRunner | Scope.Scope>) =>
  Effect.scoped(Effect.andThen(tallyTable, effect)).pipe(
    Effect.provide(services(quick).pipe(Layer.provideMerge(World.layer), Layer.provideMerge(Logger.layer([])))),
  )
