/** Reads of whole streams that are asked for together are one query. */
import { Effect, Exit, Request, RequestResolver } from "effect"
import type { Database } from "../Database.ts"
import type { RecordedEvent, StoreUnavailable } from "../EventStore.ts"
import * as Statement from "../Statement.ts"
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
  const resolver = RequestResolver.make<ReadStream>((entries) =>
    Effect.map(
      database.query<RecordedEvent & { readonly n: bigint }>(statement, [
        entries.map(({ request }) => request.stream),
        entries.map(({ request }) => request.from),
      ]),
      (rows) => {
        const answers = entries.map((): Array<RecordedEvent> => [])
        for (const { n, ...event } of rows) answers[Number(n) - 1]?.push(event)
        for (const [index, entry] of entries.entries()) entry.completeUnsafe(Exit.succeed(answers[index] ?? []))
      },
    ),
  ).pipe(RequestResolver.batchN(maxStreams))
  return (stream, from) => Effect.request(ReadStream({ stream, from }), resolver)
}
