/** Pages of the log, one after the other: while one is worked on, the server is at the next ones. */
import { Effect, Fiber, type Scope } from "effect"
import type { EventStore, RecordedEvent, StoreUnavailable } from "../EventStore.ts"

type Page = ReadonlyArray<RecordedEvent>

interface UnderWay {
  readonly after: bigint
  readonly page: Fiber.Fiber<Page, StoreUnavailable>
}

/**
 * Reads what comes after a position, `size` events at most. After a full page the next ones are asked for at once, so that
 * `ahead` are under way: positions have no gaps, so where each begins is known, and what it holds is there for ever, as far
 * as it goes. A page that is not full is the end of the log as it was when `ahead` pages before it were yet to be taken; who
 * waits for a sign that the log has grown must have listened from then on. Holds `ahead` pages, and a connection for each
 * that is under way.
 */
export const readAhead = (
  readAll: EventStore["Service"]["readAll"],
  size: number,
  ahead: number,
): Effect.Effect<(after: bigint) => Effect.Effect<Page, StoreUnavailable>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let underWay: ReadonlyArray<UnderWay> = []
    return Effect.fnUntraced(function* (after) {
      const [next, ...later] = underWay
      // After a failure, or from elsewhere, nothing of it is used.
      underWay = []
      const foreseen = next?.after === after
      const page = foreseen ? yield* Fiber.join(next.page) : yield* readAll(after, size)
      if (page.length < size) return page
      const pages = foreseen ? later : []
      while (pages.length < ahead) {
        const from = after + BigInt(size * (pages.length + 1))
        pages.push({ after: from, page: yield* Effect.forkIn(readAll(from, size), scope) })
      }
      underWay = pages
      return page
    })
  })
