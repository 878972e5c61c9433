/** A check of the whole log, against reading the same rows and hashing each of them once; and of what is new since a checkpoint. */
import { check, type Given } from "@paylog/auditing/check"
import { Database, type WireRows } from "@paylog/event-store/Database"
import { migrate } from "@paylog/event-store/Migrations"
import * as Statement from "@paylog/event-store/Statement"
import { migrations } from "@paylog/sealer/migrations"
import * as Sealer from "@paylog/sealer/Sealer"
import * as Tiles from "@paylog/sealer/Tiles"
import { Effect, Schedule } from "effect"
import { hash } from "node:crypto"
import type { Client } from "pg"
import { type Filled, Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, statement } from "../postgres.ts"
import type { Way } from "../sampleInvoice.ts"
import { type Contestant, type Scenario, Unsound } from "../Scenario.ts"

/** Seals all there is; at once when another contestant's process has done it. */
const seal = ({ events }: Filled) =>
  Effect.raceFirst(
    Sealer.run({ gather: 0 }),
    Tiles.size.pipe(
      Effect.repeat({ until: (size) => size >= events, schedule: Schedule.spaced("50 millis") }),
      Effect.timeout("30 minutes"),
    ),
  )

/** One transaction, as `paylog verify` has it. */
const inOneMoment = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  Database.use(({ transaction }) =>
    transaction((sql) => Effect.provideService(use, Database, Database.of({ ...sql, transaction: (use) => use(sql) }))),
  )

const verifier = (name: string, about: string, { events }: Filled, since: Given["since"]) => ({
  name,
  about,
  round: Effect.fnUntraced(function* () {
    const start = performance.now()
    const { findings, head, root } = yield* inOneMoment(
      check({ keys: [], storeKeys: [], outside: [], since }, () => {}),
    ).pipe(Effect.orDie)
    const seconds = (performance.now() - start) / 1000
    const [first] = findings.list
    const sealed = yield* Effect.orDie(Tiles.rootAt(events))
    if (first !== undefined) return yield* new Unsound({ contestant: name, reason: first.detail })
    if (head !== events || Buffer.compare(root, sealed) !== 0)
      return yield* new Unsound({ contestant: name, reason: `another root than was sealed, or ${head} events` })
    // Of all events, whatever was trusted: so that the times are those of one and the same log.
    return { operations: events, seconds }
  }),
})

/** Pages as a check reads them. */
const page = 4096

/** Hashes a row's bytes as they come in, and answers with one of them: those of its column `key`. */
const hashed = (formats: WireRows["formats"], key: number): WireRows => ({
  formats,
  read: (row, start) => {
    let at = start + 2
    let found = { from: 0, to: 0 }
    for (let column = 0; column < formats.length; column++) {
      const length = Math.max(0, row.readInt32BE(at))
      if (column === key) found = { from: at + 4, to: at + 4 + length }
      at += 4 + length
    }
    hash("sha256", row.subarray(start, at), "binary")
    return Buffer.from(row.subarray(found.from, found.to))
  },
})

const pages = (name: string, formats: WireRows["formats"]) => ({
  ...Statement.fromFile(new URL(`../../sql/${name}.sql`, import.meta.url)),
  rows: hashed(formats, 0),
})
const eventPages = pages("stored-page", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
const attachmentPages = pages("attachments-page", [1, 1])

/** All rows of pages, each after the last key of the one before; answers with how many there are. */
const readThrough = Effect.fnUntraced(function* <Key>(
  read: (after: Key) => Effect.Effect<ReadonlyArray<Key>>,
  first: Key,
) {
  let seen = 0
  for (let after = first; ;) {
    const keys = yield* read(after)
    const last = keys.at(-1)
    seen += keys.length
    if (last === undefined || keys.length < page) return seen
    after = last
  }
})

const reader = <R>(name: string, about: string, { events }: Filled, read: Effect.Effect<number, never, R>) => ({
  name,
  about,
  round: Effect.fnUntraced(function* () {
    const start = performance.now()
    const seen = yield* read
    const seconds = (performance.now() - start) / 1000
    return seen >= events
      ? { operations: events, seconds }
      : yield* new Unsound({ contestant: name, reason: `${seen} of ${events} events were read` })
  }),
})

const fromTheWire = (filled: Filled) =>
  reader(
    "the same, from the wire",
    "the same with the reader that verify has: a row's bytes are hashed as they come in, and nothing is made of them",
    filled,
    Effect.gen(function* () {
      const { query } = yield* Database
      const digests = (after: string) =>
        Effect.map(query<Buffer>(attachmentPages, [after, page]), (keys) =>
          keys.map((key) => `\\x${key.toString("hex")}`),
        )
      const positions = (after: string) =>
        Effect.map(query<Buffer>(eventPages, [after, page]), (keys) => keys.map((key) => key.toString()))
      yield* readThrough((after: string) => Effect.orDie(digests(after)), "\\x")
      return yield* readThrough((after: string) => Effect.orDie(positions(after)), "0")
    }),
  )

/** Of each row, one hash over its columns, as JSON: what is at hand for it. */
const readAndHash = (client: Client, filled: Filled) => {
  const read = (name: string) => (after: string) =>
    Effect.promise(async () => {
      const { rows } = await client.query<[key: string | Buffer]>({
        ...statement(name),
        values: [after, page],
        rowMode: "array",
      })
      return rows.map((row) => {
        hash("sha256", row.join("\n"))
        const [key] = row
        return typeof key === "object" ? `\\x${key.toString("hex")}` : key
      })
    })
  return reader(
    "read and hash once",
    `one pg client, the same rows in pages of ${page}, one SHA-256 of each row's columns, of kept deliveries too; nothing else`,
    filled,
    Effect.andThen(readThrough(read("attachments-page"), "\\x"), readThrough(read("stored-page"), "0")),
  )
}

const contestants = (way: Way) =>
  Effect.gen(function* () {
    const { fill, long, events } = yield* Ground
    // A quarter of the events, unless there is time for all.
    const filled = yield* fill(long ? events : Math.ceil(events / 4), way)
    yield* Effect.orDie(migrate(filled.url, [migrations]))
    const client = yield* connect(filled.url)
    const services = yield* Paylog.services(filled.url)
    const old = Math.floor(filled.events * 0.99)
    const root = yield* Effect.andThen(seal(filled), Tiles.rootAt(old)).pipe(
      Effect.orDie,
      Effect.provideContext(services),
    )
    const since = { origin: "bench", size: old, root, extensions: [] }
    return [
      verifier("verify", "as `paylog verify`: all that it looks at, without keys", filled, undefined),
      verifier(
        "verify the last 1 %",
        "the same from a trusted checkpoint over 99 % of the events; its rate counts all of them",
        filled,
        since,
      ),
      readAndHash(client, filled),
      fromTheWire(filled),
    ].map(({ round, ...contestant }): Contestant => ({
      ...contestant,
      round: () => Effect.provideContext(round(), services),
    }))
  })

const scenario = (name: string, title: string, way: Way, budget?: { must: number; goal: number }): Scenario => ({
  name,
  title,
  // As `pnpm paylog` is started.
  execArgv: ["--max-semi-space-size=64"],
  comparisons: [
    { of: "verify", against: "read and hash once", figure: "time", ...(budget === undefined ? {} : { budget }) },
    { of: "verify", against: "the same, from the wire", figure: "time" },
    { of: "verify the last 1 %", against: "verify", figure: "time" },
  ],
  prepare: contestants(way),
})

export const verifications: ReadonlyArray<Scenario> = [
  scenario(
    "verify",
    "a quarter of the events (--long: all) checked from their stored bytes, payments known by sweeps",
    "swept",
    { must: 2, goal: 1.5 },
  ),
  scenario("verify-deliveries", "the same, payments known by webhooks: each delivery is parsed again", "kept"),
]
