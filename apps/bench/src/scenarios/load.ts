/** The state and version of 64 streams that are asked for together. */
import { EventStore, type Fold } from "@paylog/event-store/EventStore"
import { Context, Effect } from "effect"
import type { Client } from "pg"
import { connections } from "../appending.ts"
import { type Filled, Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, pool, statement } from "../postgres.ts"
import { sampleInvoice } from "../sampleInvoice.ts"
import { type Contestant, type Scenario, Unsound } from "../Scenario.ts"

const together = 64

/** Loads streams and adds up their versions. */
type Load = (streams: ReadonlyArray<string>) => Effect.Effect<number>

/** Groups of 64 streams, one group after the other, for so long. A `Load` is made anew for each round. */
const loader = (name: string, about: string, streams: ReadonlyArray<string>, loads: () => Load): Contestant => ({
  name,
  about,
  round: Effect.fnUntraced(function* ({ seconds }) {
    const load = loads()
    const latencies: Array<number> = []
    let versions = 0
    const start = performance.now()
    for (let from = 0; performance.now() - start < seconds * 1000; from += together) {
      if (from + together > streams.length) from = 0
      const asked = performance.now()
      versions += yield* load(streams.slice(from, from + together))
      latencies.push(performance.now() - asked)
    }
    const operations = latencies.length * together
    const measured = { operations, seconds: (performance.now() - start) / 1000, latencies }
    const expected = operations * sampleInvoice.length
    return versions === expected
      ? measured
      : yield* new Unsound({ contestant: name, reason: `versions add up to ${versions}, not to ${expected}` })
  }),
})

/** Parses what it folds, as any state does. A new one is unknown to the store's cache. */
const newFold = (): Fold<number> => ({
  initial: 0,
  evolve: (count, { data }) => {
    JSON.parse(data)
    return count + 1
  },
})

const through =
  (services: Paylog.Services, fold: Fold<number>): Load =>
  (streams) =>
    Effect.forEach(streams, (stream) => Context.get(services, EventStore).load(fold, stream), {
      concurrency: "unbounded",
    }).pipe(
      Effect.map((loaded) => loaded.reduce((sum, { version }) => sum + version, 0)),
      Effect.orDie,
    )

const readStream = statement("read-stream")

/** As many whole invoices as there are, in the order in which they began. */
const streamsOf = Effect.fnUntraced(function* (client: Client, { events }: Filled) {
  const text = "select stream from paylog.events where version = $1 and position <= $2 order by position"
  const result = yield* Effect.promise(() =>
    client.query<{ readonly stream: string }>(text, [sampleInvoice.length, events]),
  )
  return result.rows.map(({ stream }) => stream)
})

export const load: Scenario = {
  name: "load",
  title: "the state and version of 64 streams that are asked for together",
  comparisons: [
    { of: "batched", against: "pool", figure: "rate", budget: { must: 3, goal: 4 } },
    { of: "batched", against: "pool", figure: "p50" },
    { of: "batched, known", against: "pool", figure: "rate" },
  ],
  prepare: Effect.gen(function* () {
    const filled = yield* (yield* Ground).filled
    const client = yield* connect(filled.url)
    const streams = yield* streamsOf(client, filled)
    const services = yield* Paylog.services(filled.url)
    const readers = yield* pool(filled.url, connections)
    const known = newFold()
    return [
      loader("batched", "load of 64 streams, each for the first time", streams, () => through(services, newFold())),
      loader("batched, known", "load of 64 among 640 streams, loaded before", streams.slice(0, 640), () =>
        through(services, known),
      ),
      loader(
        "pool",
        `64 queries through a pg pool of ${connections}, prepared; each event's data parsed`,
        streams,
        () => (group) =>
          Effect.promise(async () => {
            const results = await Promise.all(
              group.map((stream) => readers.query<{ readonly data: string }>({ ...readStream, values: [stream] })),
            )
            let versions = 0
            for (const { rows } of results) {
              for (const { data } of rows) JSON.parse(data)
              versions += rows.length
            }
            return versions
          }),
      ),
    ]
  }),
}
