/** The whole log, in order, every event parsed. */
import { EventStore } from "@paylog/event-store/EventStore"
import { Context, Effect, Stream } from "effect"
import type { Client } from "pg"
import { to as copyTo } from "pg-copy-streams"
import { type Filled, Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, sql } from "../postgres.ts"
import { type Contestant, type Effort, type Measurement, type Scenario, Unsound } from "../Scenario.ts"

/** Reads events up to a position and says how many it saw. */
type Read = (last: number) => Effect.Effect<number>

const reader = (name: string, about: string, { events }: Filled, read: Read): Contestant => ({
  name,
  about,
  round: Effect.fnUntraced(function* ({ rehearsal }: Effort) {
    const last = rehearsal ? Math.min(events, 50_000) : events
    const start = performance.now()
    const seen = yield* read(last)
    const seconds = (performance.now() - start) / 1000
    if (seen !== last) return yield* new Unsound({ contestant: name, reason: `${seen} of ${last} events were read` })
    return { operations: seen, seconds } satisfies Measurement
  }),
})

/** Throws at a gap, so that what is counted is all there, in order. */
const throughTheLog =
  (services: Paylog.Services): Read =>
  (last) =>
    Effect.gen(function* () {
      let seen = 0
      yield* Context.get(services, EventStore)
        .subscribe(0n)
        .pipe(
          Stream.take(last),
          Stream.runForEachArray((events) =>
            Effect.sync(() => {
              for (const { position, data } of events) {
                seen += 1
                if (position !== BigInt(seen)) throw new Error(`position ${position} follows ${seen - 1}`)
                JSON.parse(data)
              }
            }),
          ),
        )
      return seen
    }).pipe(Effect.orDie)

/** The bytes of one ordered COPY go by `take`, which answers how many rows they end. */
const byCopy =
  (client: Client, takes: () => (chunk: Buffer) => number): Read =>
  (last) =>
    Effect.promise(async () => {
      const take = takes()
      let seen = 0
      for await (const chunk of client.query(copyTo(sql("copy-events").replace("{last}", String(last)))))
        seen += take(chunk)
      return seen
    })

const newline = 10

const countRows = () => (chunk: Buffer) => {
  let rows = 0
  for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) rows += 1
  return rows
}

/** In COPY's text format a row is a line, columns are parted by tabs, and a backslash escapes (here: those within JSON). */
const parseRows = () => {
  let rest = ""
  const decoder = new TextDecoder()
  return (chunk: Buffer) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const columns = line.split("\t")
      BigInt(columns[0] ?? "")
      JSON.parse((columns[6] ?? "").replaceAll("\\\\", "\\"))
    }
    return lines.length
  }
}

export const read: Scenario = {
  name: "read",
  title: "the log read in order and parsed",
  comparisons: [
    { of: "paylog", against: "copy", figure: "rate", budget: { must: 0.7, goal: 1 } },
    { of: "paylog", against: "copy, parsed", figure: "rate" },
  ],
  prepare: Effect.gen(function* () {
    const filled = yield* (yield* Ground).filled
    const services = yield* Paylog.services(filled.url)
    const client = yield* connect(filled.url)
    return [
      reader(
        "paylog",
        "a subscription from the beginning, JSON.parse of each event's data",
        filled,
        throughTheLog(services),
      ),
      reader(
        "copy",
        "one ordered COPY of the same columns; rows counted, nothing parsed",
        filled,
        byCopy(client, countRows),
      ),
      reader("copy, parsed", "the same, each row split and its data parsed", filled, byCopy(client, parseRows)),
    ]
  }),
}
