/** The log as it is meant, without concurrency or failures: what `EventStore` says, in a few lines. */
import type { Append, Attachment, ExpectedVersion, NewEvent, ReadOptions } from "../../src/EventStore.ts"

export interface Made {
  readonly _tag: "Appended" | "Duplicate"
  readonly firstPosition: bigint
  readonly lastPosition: bigint
  readonly versions: ReadonlyArray<number>
}

export type Answer =
  | Made
  | {
      readonly _tag: "VersionConflict"
      readonly stream: string
      readonly expected: ExpectedVersion
      readonly actual: number
    }
  | { readonly _tag: "IdempotencyMismatch"; readonly key: string }

export interface Line {
  readonly position: bigint
  readonly stream: string
  readonly version: number
  readonly data: string
  readonly metadata: string
}

/** As `Append`, whose types alone keep lists from being empty. */
export interface Asked extends Pick<Append, "key" | "attachments"> {
  readonly streams: ReadonlyArray<{
    readonly stream: string
    readonly expected: ExpectedVersion
    readonly events: ReadonlyArray<Pick<NewEvent, "type" | "schemaVersion" | "data" | "metadata">>
  }>
}

/** `base`: where the log stood before. */
export const makeModel = (base: bigint) => {
  const log: Array<Line> = []
  const keys = new Map<string, { readonly content: string; readonly answer: Made }>()
  const attachments: Array<Attachment> = []
  const of = (stream: string) => log.filter((line) => line.stream === stream)
  const head = () => base + BigInt(log.length)

  const append = ({ key, streams, attachments: brought = [] }: Asked): Answer => {
    const content = JSON.stringify(
      streams.map((part) => [part.stream, part.events.map((event) => [event.type, event.schemaVersion, event.data])]),
    )
    const earlier = keys.get(key)
    if (earlier !== undefined) {
      return earlier.content === content
        ? { ...earlier.answer, _tag: "Duplicate" }
        : { _tag: "IdempotencyMismatch", key }
    }
    for (const { stream, expected } of streams) {
      const actual = of(stream).length
      if (expected !== "any" && (expected === "none" ? 0 : expected) !== actual) {
        return { _tag: "VersionConflict", stream, expected, actual }
      }
    }
    const firstPosition = head() + 1n
    for (const { stream, events } of streams) {
      for (const { data, metadata } of events) {
        log.push({ position: head() + 1n, stream, version: of(stream).length + 1, data, metadata })
      }
    }
    attachments.push(...brought)
    const versions = streams.map(({ stream }) => of(stream).length)
    const answer: Made = { _tag: "Appended", firstPosition, lastPosition: head(), versions }
    keys.set(key, { content, answer })
    return answer
  }

  const readStream = (stream: string, { direction, from, limit }: ReadOptions): ReadonlyArray<Line> =>
    (direction === "Backwards"
      ? of(stream)
          .filter(({ version }) => version <= (from ?? version))
          .toReversed()
      : of(stream).filter(({ version }) => version >= (from ?? version))
    ).slice(0, limit)

  const readAll = (after: bigint, limit: number) => log.filter(({ position }) => position > after).slice(0, limit)

  return {
    base,
    append,
    readStream,
    readAll,
    head,
    attachments,
    versionOf: (stream: string) => of(stream).length,
    bookmark: base,
  }
}

export type Model = ReturnType<typeof makeModel>
