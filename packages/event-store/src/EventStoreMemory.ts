/** The log in memory: the whole contract, without durability. For tests, and to read what the contract means. */
import { Clock, Effect, Layer, PubSub } from "effect"
import {
  type Append,
  type Appended,
  EventStore,
  IdempotencyMismatch,
  type ReadOptions,
  type RecordedEvent,
  VersionConflict,
} from "./EventStore.ts"
import { checked, conflictAt } from "./internal/item.ts"
import * as Load from "./internal/load.ts"
import { subscribe } from "./internal/subscribe.ts"
import { withPolling } from "./Wakeups.ts"

export const layer: Layer.Layer<EventStore> = Layer.effect(
  EventStore,
  Effect.gen(function* () {
    const log: Array<RecordedEvent> = []
    const streams = new Map<string, Array<RecordedEvent>>()
    const appends = new Map<string, { readonly digest: string; readonly appended: Appended }>()
    const attachments = new Map<string, Uint8Array>()
    const grown = yield* PubSub.sliding<void>(1)
    const changes = withPolling(grown, "1 second")

    const append = Effect.fnUntraced(function* (append: Append) {
      const digest = hex((yield* checked(append)).digest)
      const earlier = appends.get(append.key)
      if (earlier !== undefined) {
        if (earlier.digest !== digest) return yield* new IdempotencyMismatch({ key: append.key })
        return { ...earlier.appended, outcome: "Duplicate" as const }
      }
      const conflict = conflictAt(
        append.streams,
        append.streams.map((part) => streams.get(part.stream)?.length ?? 0),
      )
      if (conflict !== undefined) return yield* new VersionConflict(conflict)

      const recordedAtMs = Math.max(yield* Clock.currentTimeMillis, log.at(-1)?.recordedAtMs ?? 0)
      const firstPosition = BigInt(log.length + 1)
      const versions = append.streams.map(({ stream, events }) => {
        const history = streams.get(stream) ?? []
        streams.set(stream, history)
        for (const { id, type, schemaVersion, data, metadata } of events) {
          const position = BigInt(log.length + 1)
          const version = history.length + 1
          const event = {
            position,
            stream,
            version,
            id: id.toLowerCase(),
            type,
            schemaVersion,
            data,
            metadata,
            recordedAtMs,
          }
          log.push(event)
          history.push(event)
        }
        return history.length
      })
      for (const attachment of append.attachments ?? []) {
        attachments.set(hex(attachment.digest), Uint8Array.from(attachment.bytes))
      }
      const appended: Appended = { outcome: "Appended", firstPosition, lastPosition: BigInt(log.length), versions }
      appends.set(append.key, { digest, appended })
      yield* PubSub.publish(grown, undefined)
      return appended
    })

    const readAll = (after: bigint, limit: number) => Effect.sync(() => log.slice(Number(after), Number(after) + limit))

    return EventStore.of({
      append,
      readAll,
      readStream: (stream, options) => Effect.sync(() => pick(streams.get(stream) ?? [], options)),
      load: Load.make((stream, from) => Effect.sync(() => pick(streams.get(stream) ?? [], { from }))),
      subscribe: subscribe(readAll, changes),
      head: Effect.sync(() => BigInt(log.length)),
      readAttachment: (digest) => Effect.sync(() => attachments.get(hex(digest))),
      changes,
    })
  }),
)

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const pick = (history: ReadonlyArray<RecordedEvent>, { direction, from, limit }: ReadOptions = {}) =>
  (direction === "Backwards"
    ? history.slice(0, Math.max(0, from ?? history.length)).toReversed()
    : history.slice(Math.max(0, (from ?? 1) - 1))
  ).slice(0, limit)
