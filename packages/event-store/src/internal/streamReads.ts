/** Reads of whole streams that are asked for together are one query. */
import { Effect, Exit, Request, RequestResolver } from "effect"
import type { Database } from "../Database.ts"
import type { RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import * as Statement from "../Statement.ts"
import { byStream } from "./byStream.ts"
import type { ReadFrom } from "./load.ts"

/** More would make one answer large, and gain little: what a query costs by itself is spread over these. */
const maxStreams = 256

interface ReadStream extends Request.Request<ReadonlyArray<RecordedEvent>, StoreUnavailable> {
  readonly _tag: "ReadStream"
  readonly stream: string
  readonly from: number
}
const ReadStream = Request.tagged<ReadStream>("ReadStream")

const statement = Statement.fromFile(new URL("../../sql/log/read-streams.sql", import.meta.url))

export const make = (database: Database["Service"]): ReadFrom => {
  const resolver = RequestResolver.make<ReadStream>((entries) => {
    const from = new Map<string, number>()
    for (const { request } of entries)
      from.set(request.stream, Math.min(request.from, from.get(request.stream) ?? request.from))
    return Effect.map(database.query<RecordedEvent>(statement, [[...from.keys()], [...from.values()]]), (events) => {
      const streams = byStream(events)
      for (const entry of entries) {
        const { stream, from: first } = entry.request
        const found = streams.get(stream) ?? []
        const known = found[0]?.version ?? first
        entry.completeUnsafe(Exit.succeed(found.slice(Math.max(0, first - known))))
      }
    })
  }).pipe(RequestResolver.batchN(maxStreams))
  return (stream, from) => Effect.request(ReadStream({ stream, from }), resolver)
}
