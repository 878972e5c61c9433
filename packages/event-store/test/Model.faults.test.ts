/**
 * The log against a model of it, by random sequences of commands: appends, repetitions, reads, subscriptions, crashes. A
 * failure prints its seed and path: `PAYLOG_SEED=… PAYLOG_PATH=…` runs that sequence alone.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Console, Context, Effect, Exit, Layer, Scope, Stream } from "effect"
import * as fc from "fast-check"
import { randomInt } from "node:crypto"
import type { Store } from "../src/conformance/law.ts"
import { EventStore } from "../src/EventStore.ts"
import * as EventStoreMemory from "../src/EventStoreMemory.ts"
import { commands, type Real } from "./support/commands.ts"
import { ciOrFull } from "./support/full.ts"
import { makeModel } from "./support/Model.ts"
import { proxyTo } from "./support/Proxy.ts"
import { connected, rows } from "./support/sql.ts"
import { storeLayer } from "./support/stores.ts"
import { eventually, World } from "./support/World.ts"

const seed = Number(process.env["PAYLOG_SEED"] ?? randomInt(0x7fffffff))
const path = process.env["PAYLOG_PATH"]

const live = { excludeTestServices: true }

/** Runs sequences of at most `most` commands until one fails. `open` makes the log that a sequence begins with. */
const check = (sequences: number, most: number, open: Effect.Effect<Omit<Real, "prefix" | "appends">>) =>
  Effect.promise(() => {
    let sequence = 0
    return fc.check(
      fc.asyncProperty(commands(most), async (commands) => {
        const log = await Effect.runPromise(open)
        const base = await Effect.runPromise(log.store().head)
        const real: Real = { ...log, prefix: `${++sequence}-${seed}-`, appends: [] }
        await fc.asyncModelRun(() => ({ model: makeModel(base), real }), commands)
      }),
      path === undefined ? { numRuns: sequences, seed } : { numRuns: 1, seed, path },
    )
  })

const assertSound = (...[sequences, most, open]: Parameters<typeof check>) =>
  Effect.gen(function* () {
    yield* Console.log(`PAYLOG_SEED=${seed}`)
    const found = yield* check(sequences, most, open)
    const replay = `PAYLOG_SEED=${found.seed} PAYLOG_PATH=${found.counterexamplePath?.split(":")[0]}`
    assert.isFalse(found.failed, `${replay}\n${fc.stringify(found.counterexample)}\n${String(found.errorInstance)}`)
  })

const memory = Effect.map(Effect.scoped(Layer.build(Layer.fresh(EventStoreMemory.layer))), (services) => {
  const store = Context.get(services, EventStore)
  return { store: () => store, crash: Effect.void }
})

describe("random sequences of commands", () => {
  layer(Layer.empty, live)("in memory", (it) => {
    const sequences = ciOrFull(1700, 40_000)

    it.effect(`${sequences} are answered as the model says`, () => assertSound(sequences, 40, memory), 3_600_000)

    for (const [what, mutate] of Object.entries(mutants)) {
      it.effect(`find ${what}`, () =>
        Effect.gen(function* () {
          const mutant = Effect.map(memory, ({ store, crash }) => {
            const changed = { ...store(), ...mutate(store()) }
            return { store: () => changed, crash }
          })
          assert.isTrue((yield* check(300, 60, mutant)).failed)
        }),
      )
    }
  })

  layer(Layer.fresh(World.layer), live)("on Postgres", (it) => {
    const sequences = ciOrFull(400, 10_000)

    it.effect(
      `${sequences} are answered as the model says, over crashes`,
      () =>
        Effect.gen(function* () {
          const { url } = yield* World
          const proxy = yield* proxyTo(url)
          const watcher = yield* connected(url)
          const start = Effect.gen(function* () {
            const scope = yield* Scope.make()
            const services = yield* Layer.buildWithScope(Layer.fresh(storeLayer(proxy.url)), scope)
            return { store: Context.get(services, EventStore), scope }
          })
          let running = yield* start
          yield* Effect.addFinalizer(() => Scope.close(running.scope, Exit.void))
          const crash = Effect.gen(function* () {
            proxy.refuse(true)
            yield* Scope.close(running.scope, Exit.void)
            // The server may still be at what it had received.
            yield* eventually(
              rows(
                watcher,
                "select from pg_stat_activity where datname = current_database() and application_name = 'paylog'",
              ),
              (open) => open.length === 0,
            )
            proxy.refuse(false)
            running = yield* start
          })
          yield* assertSound(sequences, 16, Effect.succeed({ store: () => running.store, crash }))
        }),
      3_600_000,
    )
  })
})

/** Ways to get it wrong by a little. */
const mutants: Record<string, (store: Store) => Partial<Store>> = {
  "a read that repeats the event it was to begin after": ({ readAll }) => ({
    readAll: (after, limit) => readAll(after > 0n ? after - 1n : after, limit),
  }),
  "a limit that is exceeded by one": ({ readStream }) => ({
    readStream: (stream, options) =>
      readStream(stream, options?.limit === undefined ? options : { ...options, limit: options.limit + 1 }),
  }),
  "a backwards read that begins one too early": ({ readStream }) => ({
    readStream: (stream, options) =>
      readStream(
        stream,
        options?.direction === "Backwards" && options.from !== undefined
          ? { ...options, from: options.from - 1 }
          : options,
      ),
  }),
  "an expected version that may be one behind": ({ append }) => ({
    append: (asked) =>
      Effect.catchTag(append(asked), "VersionConflict", (conflict) => {
        const { expected, actual } = conflict
        if (asked.streams.length > 1 || typeof expected !== "number" || expected !== actual - 1)
          return Effect.fail(conflict)
        const [part] = asked.streams
        return append({ ...asked, streams: [{ ...part, expected: actual }] })
      }),
  }),
  "a conflict that names the version before": ({ append }) => ({
    append: (asked) =>
      Effect.catchTag(append(asked), "VersionConflict", (conflict) =>
        Effect.fail(Object.assign(Object.create(conflict), { actual: conflict.actual - 1 })),
      ),
  }),
  "a repetition that is answered with where the stream is now": ({ append, readStream }) => ({
    append: (asked) =>
      Effect.gen(function* () {
        const answer = yield* append(asked)
        const streams = yield* Effect.forEach(asked.streams, ({ stream }) => readStream(stream))
        return { ...answer, versions: streams.map((events) => events.length) }
      }),
  }),
  "a key that is taken for a repetition whatever the content": ({ append }) => {
    const answers = new Map<string, Effect.Success<ReturnType<typeof append>>>()
    return {
      append: (asked) => {
        const earlier = answers.get(asked.key)
        return earlier === undefined
          ? Effect.tap(append(asked), (answer) => Effect.sync(() => answers.set(asked.key, answer)))
          : Effect.succeed({ ...earlier, outcome: "Duplicate" as const })
      },
    }
  },
  "a subscription that skips the first event": ({ subscribe }) => ({
    subscribe: (after) => Stream.drop(subscribe(after), 1).pipe(Stream.timeout("50 millis")),
  }),
  "a loaded state that is not brought up to date": ({ readStream, load }) => {
    const loaded = new Map<string, number>()
    return {
      load: (fold, stream) =>
        Effect.gen(function* () {
          const limit = loaded.get(stream)
          if (limit === undefined) {
            const first = yield* load(fold, stream)
            loaded.set(stream, first.version)
            return first
          }
          const events = yield* readStream(stream, { limit })
          return { state: events.reduce(fold.evolve, fold.initial), version: events.length, last: events.at(-1) }
        }),
    }
  },
  "attachments that are forgotten": () => ({ readAttachment: () => Effect.undefined }),
}
