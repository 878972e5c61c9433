/**
 * Reads of whole streams that are asked for together are one query, or two at once where they are many. What is asked for
 * while reads are under way waits for one of them to end, and is then one query too: the busier the log, the larger it is.
 */
import { Effect, Exit, Latch, Request, RequestResolver } from "effect"
import type { Database } from "../Database.ts"
import type { RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import * as Statement from "../Statement.ts"
import { byStream } from "./byStream.ts"
import type { ReadFrom } from "./load.ts"

/** More would make one answer large, and gain little: what a query costs by itself is spread over these. */
const maxStreams = 256
/** From so many on, two connections work on a half each, and one half is folded while the other is read. */
const worthTwo = 32
/** Reads under way at a time: the server answers one while the answer of the other is folded. */
const atOnce = 2
/** Reads that a silent server does not answer hold up no others for longer. */
const patience = "1 second"

interface ReadStream extends Request.Request<ReadonlyArray<RecordedEvent>, StoreUnavailable> {
  readonly _tag: "ReadStream"
  readonly stream: string
  readonly from: number
}
const ReadStream = Request.tagged<ReadStream>("ReadStream")

const statement = Statement.ofEvents(new URL("../../sql/log/read-streams.sql", import.meta.url))

export const make = (database: Database["Service"]): ReadFrom => {
  let underWay = 0
  const free = Latch.makeUnsafe(true)
  const occupying = <A, E>(read: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      underWay += 1
      if (underWay >= atOnce) free.closeUnsafe()
      return Effect.ensuring(
        read,
        Effect.sync(() => {
          underWay -= 1
          if (underWay < atOnce) free.openUnsafe()
        }),
      )
    })

  const turn = Effect.suspend(() =>
    underWay < atOnce ? Effect.void : Effect.ignore(Effect.timeout(free.await, patience)),
  )

  const resolver = RequestResolver.make<ReadStream>((entries) => {
    const asked = new Map<string, [Request.Entry<ReadStream>, ...Array<Request.Entry<ReadStream>>]>()
    for (const entry of entries) {
      const others = asked.get(entry.request.stream)
      if (others === undefined) asked.set(entry.request.stream, [entry])
      else others.push(entry)
    }
    const streams = [...asked]
    const read = (part: typeof streams) => {
      const from = part.map(([, [first, ...others]]) =>
        others.reduce((least, { request }) => Math.min(least, request.from), first.request.from),
      )
      const query = database.query<RecordedEvent>(statement, [part.map(([stream]) => stream), from])
      return Effect.map(query, (events) => {
        const found = byStream(events)
        for (const [stream, waiting] of part) {
          const own = found.get(stream) ?? []
          for (const entry of waiting) {
            const first = own[0]?.version ?? entry.request.from
            entry.completeUnsafe(Exit.succeed(own.slice(Math.max(0, entry.request.from - first))))
          }
        }
      })
    }
    if (streams.length < worthTwo) return occupying(read(streams))
    const half = streams.length >> 1
    return occupying(
      Effect.all([read(streams.slice(0, half)), read(streams.slice(half))], { concurrency: 2, discard: true }),
    )
  }).pipe(RequestResolver.setDelayEffect(Effect.andThen(Effect.yieldNow, turn)), RequestResolver.batchN(maxStreams))
  return (stream, from) => Effect.request(ReadStream({ stream, from }), resolver)
}
