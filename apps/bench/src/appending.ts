/** Contestants that append: ours and its peers, on the same database, each on tables that are empty when a round begins. */
import { Effect, type Scope } from "effect"
import type { Client } from "pg"
import { type Answered, check, fibers, promises } from "./callers.ts"
import { Ground } from "./Ground.ts"
import * as Copy from "./peers/copy.ts"
import * as Emmett from "./peers/emmett.ts"
import * as InsertPool from "./peers/insertPool.ts"
import * as Paylog from "./peers/paylog.ts"
import { connect, count, pool, run, sql } from "./postgres.ts"
import type { Contestant } from "./Scenario.ts"
import type { Mix } from "./Workload.ts"

/** Of each peer that has a pool. */
export const connections = 16

/** What a contestant that appends consists of. */
export interface Appender {
  readonly name: string
  readonly about: string
  readonly mix: Mix
  readonly empty: Effect.Effect<void>
  readonly append: (seconds: number) => Effect.Effect<Answered>
  /** How many events its table has. */
  readonly rows: Effect.Effect<number>
}

/** Empties, checkpoints, so that no round pays for another's pages, appends, and counts. */
export const contestant = (admin: Client, { name, about, mix, empty, append, rows }: Appender): Contestant => ({
  name,
  about,
  round: Effect.fnUntraced(function* ({ seconds }) {
    yield* empty
    yield* run(admin, "checkpoint")
    const answered = yield* append(seconds)
    yield* check(name, mix, answered, yield* rows)
    return { operations: answered.latencies.length, seconds: answered.seconds, latencies: answered.latencies }
  }),
})

/** Makes a contestant of a mix. */
export type Make = (mix: Mix, name?: string) => Effect.Effect<Contestant, never, Ground | Scope.Scope>

export const paylog: Make = Effect.fnUntraced(function* (mix, name = "paylog") {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const services = yield* Paylog.services(url)
  return contestant(admin, {
    name,
    about: "group commit on one connection: key, content digest and expected version checked, NOTIFY after each batch",
    mix,
    empty: run(admin, sql("empty-log")),
    append: (seconds) => fibers(mix, seconds, Paylog.writer(services, mix)),
    rows: count(admin, "select count(*) from paylog.events"),
  })
})

export const insertPool: Make = Effect.fnUntraced(function* (mix, name = "insert") {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const writers = yield* pool(url, connections)
  return contestant(admin, {
    name,
    about: `one INSERT an append through a pg pool of ${connections}, prepared; no key, no digest, no version check`,
    mix,
    empty: run(admin, "truncate public.inserted restart identity"),
    append: (seconds) => promises(mix, seconds, InsertPool.writer(writers, mix)),
    rows: count(admin, "select count(*) from public.inserted"),
  })
})

export const copy: Make = Effect.fnUntraced(function* (mix, name = "copy") {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const writers = yield* pool(url, connections)
  return contestant(admin, {
    name,
    about: `one COPY an append through a pg pool of ${connections}; no key, no digest, no version check`,
    mix,
    empty: run(admin, "truncate public.inserted restart identity"),
    append: (seconds) => promises(mix, seconds, Copy.writer(writers, mix)),
    rows: count(admin, "select count(*) from public.inserted"),
  })
})

export const emmett: Make = Effect.fnUntraced(function* (mix, name = "emmett") {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const store = yield* Emmett.store(url, connections)
  return contestant(admin, {
    name,
    about: `Emmett's npm release, expected version checked, a pg pool of ${connections}, schema made before`,
    mix,
    empty: Emmett.reset(store),
    append: (seconds) => promises(mix, seconds, Emmett.writer(store, mix)),
    rows: count(admin, "select count(*) from emt_messages"),
  })
})
