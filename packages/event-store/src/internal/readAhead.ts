/** Pages of the log, one after the other: while one is worked on, the server is at the next. */
import { Effect, Fiber, type Scope } from "effect"
import type { EventStore, RecordedEvent, StoreUnavailable } from "../EventStore.ts"

type Page = ReadonlyArray<RecordedEvent>

/**
 * Reads what comes after a position, `size` events at most. After a full page the next one is asked for at once: it is
 * what the log holds after it, for ever, as far as it goes. A page that is not full is the end of the log as it was after
 * the page before it was taken; who waits for a sign that the log has grown must have listened from then on.
 */
export const readAhead = (
  readAll: EventStore["Service"]["readAll"],
  size: number,
): Effect.Effect<(after: bigint) => Effect.Effect<Page, StoreUnavailable>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let ahead: { readonly after: bigint; readonly page: Fiber.Fiber<Page, StoreUnavailable> } | undefined
    return Effect.fnUntraced(function* (after) {
      const known = ahead
      // One that failed is not asked again.
      ahead = undefined
      const page = known?.after === after ? yield* Fiber.join(known.page) : yield* readAll(after, size)
      const last = page.at(-1)
      if (last !== undefined && page.length === size)
        ahead = { after: last.position, page: yield* Effect.forkIn(readAll(last.position, size), scope) }
      return page
    })
  })
