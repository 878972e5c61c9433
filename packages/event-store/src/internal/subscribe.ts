/** A subscription is reading on from where one was, each time the log may have grown. */
import { Effect, Option, Stream } from "effect"
import type { EventStore, StoreUnavailable } from "../EventStore.ts"
import { readAhead } from "./readAhead.ts"

type Shape = EventStore["Service"]

export const subscribe =
  (readAll: Shape["readAll"], changes: Stream.Stream<void>): Shape["subscribe"] =>
  (after) =>
    Stream.unwrap(
      Effect.map(readAhead(readAll, pageSize, pagesAhead), (read) => {
        let last = after
        const page: Effect.Effect<Page, StoreUnavailable> = Effect.map(
          Effect.suspend(() => read(last)),
          (events) => {
            last = events.at(-1)?.position ?? last
            return [events, events.length < pageSize ? Option.none() : Option.some(undefined)]
          },
        )
        // Positions have no gaps and appear in order: what comes later is always after `last`.
        return Stream.flatMap(changes, () => Stream.paginate(undefined, () => page))
      }),
    )

type Page = readonly [Effect.Success<ReturnType<Shape["readAll"]>>, Option.Option<undefined>]

const pageSize = 1000
/** With one, the server waits while what came is cut and worked on. Each takes a connection, of a pool of ten. */
const pagesAhead = 3
