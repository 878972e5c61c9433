/** For projections with much to write: one half of the work of a batch is done here, the other by the server, at the same time. */
import { Effect, Fiber } from "effect"

/**
 * Cuts `events` into portions and, in their order, makes of each what is to be written, and writes it: one portion is made
 * while the server writes the one before. A portion's `make` sees nothing of what the one before writes. Ends when all is
 * written; fails with the first failure, and writes nothing after it.
 */
export const inPortions = Effect.fnUntraced(function* <Event, Made, E, R, E2, R2>(
  events: ReadonlyArray<Event>,
  make: (portion: ReadonlyArray<Event>) => Effect.Effect<Made, E, R>,
  write: (made: Made) => Effect.Effect<void, E2, R2>,
) {
  let writing: Fiber.Fiber<void, E2> | undefined
  for (let from = 0; from < events.length; from += portion) {
    const before = writing === undefined ? Effect.void : Fiber.join(writing)
    // After a write that failed, a query of `make` fails too, and not for its own fault.
    const made = yield* Effect.tapCause(make(events.slice(from, from + portion)), () => before)
    yield* before
    writing = yield* Effect.forkChild(write(made), { startImmediately: true })
  }
  if (writing !== undefined) yield* Fiber.join(writing)
})

/** So many events are a portion: few enough that making the first and writing the last take little of a batch, enough that a statement is worth its round trip. */
export const portion = 1000
