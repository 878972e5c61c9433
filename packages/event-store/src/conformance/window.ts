/** A view of a log that has other things in it already, as if it were empty: positions count from its head, names have a prefix. */
import { Effect, Stream } from "effect"
import { randomBytes } from "node:crypto"
import {
  type Append,
  type AppendError,
  IdempotencyMismatch,
  type RecordedEvent,
  VersionConflict,
} from "../EventStore.ts"
import type { Store } from "./law.ts"

/** Nobody else may append while the window is in use. */
export const openWindow = Effect.fnUntraced(function* (store: Store) {
  const base = yield* store.head
  const prefix = `${randomBytes(6).toString("hex")}-`
  const outside = (name: string) => `${prefix}${name}`
  const inside = (name: string) => name.slice(prefix.length)

  const placed = ({ key, streams: [first, ...others], ...rest }: Append): Append => {
    const part = (one: typeof first) => ({ ...one, stream: outside(one.stream) })
    return { ...rest, key: outside(key), streams: [part(first), ...others.map(part)] }
  }
  const seen = (event: RecordedEvent): RecordedEvent => ({
    ...event,
    position: event.position - base,
    stream: inside(event.stream),
  })
  const error = (error: AppendError): AppendError => {
    switch (error._tag) {
      case "VersionConflict":
        return new VersionConflict({
          stream: inside(error.stream),
          expected: error.expected,
          actual: error.actual,
        })
      case "IdempotencyMismatch":
        return new IdempotencyMismatch({ key: inside(error.key) })
      default:
        return error
    }
  }

  const window: Store = {
    append: (append) =>
      store.append(placed(append)).pipe(
        Effect.map((appended) => ({
          ...appended,
          firstPosition: appended.firstPosition - base,
          lastPosition: appended.lastPosition - base,
        })),
        Effect.mapError(error),
      ),
    readStream: (stream, options) =>
      Effect.map(store.readStream(outside(stream), options), (events) => events.map(seen)),
    load: (fold, stream) =>
      Effect.map(
        store.load(
          { initial: fold.initial, evolve: (state, event) => fold.evolve(state, seen(event)) },
          outside(stream),
        ),
        ({ last, ...loaded }) => ({ ...loaded, last: last && seen(last) }),
      ),
    readAll: (after, limit) => Effect.map(store.readAll(after + base, limit), (events) => events.map(seen)),
    subscribe: (after) => Stream.map(store.subscribe(after + base), seen),
    head: Effect.map(store.head, (head) => head - base),
    readAttachment: store.readAttachment,
    changes: store.changes,
  }
  return window
})
