/**
 * Durable appends, one event each, against what the server can do without any promise: the same rows by one INSERT each
 * through a pool of 16 connections, without key, digest or version check. Both on the same server in one run, in
 * alternating rounds; read the ratios and their spread, not the rates.
 *
 *     node apps/bench/src/append.ts [--rounds=5] [--seconds=2] [--callers=1,16,64] [--bytes=100] [--json]
 */
import { NodeRuntime } from "@effect/platform-node"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { Console, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { to } from "@paylog/event-store/conformance/law"
import { Database } from "@paylog/event-store/Database"
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { layerPolling } from "@paylog/event-store/Wakeups"

const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    callers: { type: "string", default: "1,16,64" },
    bytes: { type: "string", default: "100" },
    json: { type: "boolean", default: false },
  },
})

const sql = (name: string, text: string) => ({ name: `bench-${name}`, text })

/** The columns of an event, and nothing that is checked but the keys. */
const table = sql(
  "table",
  `create table inserted (
    position bigint generated always as identity primary key, recorded_at timestamptz not null default clock_timestamp(),
    version integer not null, schema_version integer not null, id uuid not null, stream text not null, type text not null,
    data json not null, metadata json not null, unique (stream, version))`,
)
const insert = sql(
  "insert",
  "insert into inserted (version, schema_version, id, stream, type, data, metadata) values ($1, $2, $3, $4, $5, $6, $7)",
)

/** The life of a small thing: three events on a stream, then the next stream. */
type Write = (stream: string, version: number) => Effect.Effect<unknown, unknown>

/** Appends a second and their latencies, with so many callers, each with the next append when the last one is durable. */
const measure = Effect.fnUntraced(function* (write: Write, callers: number, seconds: number) {
  const latencies: Array<number> = []
  const start = performance.now()
  const end = start + seconds * 1000
  const caller = Effect.gen(function* () {
    for (let version = 0, stream = ""; performance.now() < end; version++) {
      if (version % 3 === 0) stream = `bench-${randomUUID()}`
      const sent = performance.now()
      yield* write(stream, version % 3)
      latencies.push(performance.now() - sent)
    }
  })
  yield* Effect.all(
    Array.from({ length: callers }, () => caller),
    { concurrency: "unbounded", discard: true },
  )
  const rate = (latencies.length * 1000) / (performance.now() - start)
  latencies.sort((a, b) => a - b)
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? Number.NaN
  return { rate, p50: at(0.5), p99: at(0.99) }
})

const bench = Effect.gen(function* () {
  const store = yield* EventStore
  const { query } = yield* Database
  yield* query(table)
  const data = JSON.stringify({ text: "x".repeat(Number(given.bytes)) })
  const event = () => ({ id: randomUUID(), type: "Happened", schemaVersion: 1, data, metadata: "{}" })
  const ours: Write = (stream, version) => store.append(to(stream, version, event()))
  const pool: Write = (stream, version) => query(insert, [version + 1, 1, randomUUID(), stream, "Happened", data, "{}"])

  const results = []
  for (const callers of given.callers.split(",").map(Number)) {
    yield* measure(ours, callers, 1)
    yield* measure(pool, callers, 1)
    const rounds = []
    for (let round = 0; round < Number(given.rounds); round++) {
      const one = yield* measure(ours, callers, Number(given.seconds))
      const other = yield* measure(pool, callers, Number(given.seconds))
      rounds.push({ ours: one, pool: other, ratio: one.rate / other.rate, p50: one.p50 / other.p50 })
    }
    results.push({ callers, rounds })
  }
  const [server] = yield* query(
    sql(
      "server",
      `select version() as version, ${["fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"]
        .map((name) => `current_setting('${name}') as ${name}`)
        .join(", ")}`,
    ),
  )
  const machine = { cpus: `${cpus().length} × ${cpus()[0]?.model}`, node: process.version, server }

  if (given.json) return yield* Console.log(JSON.stringify({ machine, bytes: Number(given.bytes), results }))
  yield* Console.log(JSON.stringify(machine, null, 2))
  for (const { callers, rounds } of results) {
    const ours = (of: (round: (typeof rounds)[number]) => number) => spread(rounds.map(of))
    yield* Console.log(
      [
        `${callers} callers:`,
        `${ours((round) => round.ratio)} × the pool (${ours((round) => round.ours.rate)} against ${ours((round) => round.pool.rate)} /s)`,
        `p50 ${ours((round) => round.ours.p50)} ms, ${ours((round) => round.p50)} × the pool's`,
        `p99 ${ours((round) => round.ours.p99)} ms`,
      ].join("\n  "),
    )
  }
})

const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: false })

/** The median, and the least and the largest. */
const spread = (values: ReadonlyArray<number>): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const show = (value = Number.NaN) => digits.format(value)
  return `${show(sorted[Math.floor(sorted.length / 2)])} [${show(sorted[0])}–${show(sorted.at(-1))}]`
}

const services = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations]) }), ({ url }) =>
    EventStorePostgres.layer({ url }).pipe(
      Layer.provideMerge(DatabasePostgres.layer({ url, connections: 16, timeouts: { connect: 30_000 } })),
      Layer.provide(layerPolling()),
    ),
  ),
).pipe(Layer.provide(DevPostgres.layer))

NodeRuntime.runMain(Effect.provide(bench, services))
