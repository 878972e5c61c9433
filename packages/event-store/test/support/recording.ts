/** Random calls on stores of several processes, recorded as a history. */
import { Effect, Exit, Random } from "effect"
import { randomUUID } from "node:crypto"
import type { Append, AppendError, Appended, NewEvent, StoreUnavailable } from "../../src/EventStore.ts"
import type { AppendCall, HistoryCall, Seen } from "./History.ts"
import type { StoreProcess } from "./StoreProcess.ts"

export const toSeen = ({ position, stream, version, data }: Seen): Seen => ({
  position,
  stream,
  version,
  data,
})

type Asked = Pick<AppendCall, "key" | "streams">

const eventOf = (data: string): NewEvent => ({ id: randomUUID(), type: "T", schemaVersion: 1, data, metadata: "{}" })

const toAppend = ({ key, streams }: Asked): Append => {
  const [first, ...others] = streams.map(({ stream, expected, data: [one = "0", ...more] }) => ({
    stream,
    expected,
    events: [eventOf(one), ...more.map(eventOf)] as const,
  }))
  if (first === undefined) throw new Error("no stream")
  const part = ({ events: [one, ...more], ...rest }: typeof first) => ({
    ...rest,
    events: [one, ...more] satisfies [NewEvent, ...Array<NewEvent>],
  })
  return { key, streams: [part(first), ...others.map(part)] }
}

const answerOf = (exit: Exit.Exit<Appended, AppendError>, sabotaged: boolean): Effect.Effect<AppendCall["answer"]> => {
  if (Exit.isSuccess(exit)) {
    const { outcome, ...rest } = exit.value
    return Effect.succeed({ _tag: outcome, ...rest })
  }
  const error = Exit.findErrorOption(exit)
  if (error._tag === "None" && sabotaged) return Effect.succeed({ _tag: "Unknown" })
  if (error._tag === "None") return Effect.die(new Error(`no typed error: ${String(exit)}`))
  switch (error.value._tag) {
    case "VersionConflict": {
      const { stream, expected, actual } = error.value
      return Effect.succeed({ _tag: "VersionConflict", stream, expected, actual })
    }
    case "IdempotencyMismatch":
      return Effect.succeed({ _tag: "IdempotencyMismatch" })
    case "InvalidAppend":
      return Effect.die(error.value)
    case "Overloaded":
    case "StoreUnavailable":
      return Effect.succeed({ _tag: "Unknown" })
  }
}

/**
 * `count` calls by so many clients on each process. `each` runs before each call. Its clock counts calls and answers. A
 * defect fails, except of a store that is `sabotaged`, where it says nothing.
 */
export const record = Effect.fnUntraced(function* (
  processes: ReadonlyArray<StoreProcess>,
  options: {
    readonly count: number
    readonly clients: number
    readonly each: Effect.Effect<void>
    readonly sabotaged: boolean
  },
) {
  const calls: Array<HistoryCall> = []
  let now = 0
  let begun = 0
  let known = 0n // about where the log's end is
  const versions = new Map<string, number>() // about where each stream is
  const asked: Array<Asked> = [] // the latest appends

  /** A read that fails says nothing, and is left out. */
  const read = <A>(
    ask: Effect.Effect<A, StoreUnavailable>,
    note: (answer: A, called: number, answered: number) => HistoryCall,
  ) =>
    Effect.gen(function* () {
      const called = ++now
      const exit = yield* Effect.exit(ask)
      if (Exit.isSuccess(exit)) calls.push(note(exit.value, called, ++now))
    })

  const append = Effect.fnUntraced(function* (process: string, store: StoreProcess, one: Asked) {
    const called = ++now
    const answer = yield* answerOf(yield* Effect.exit(store.append(toAppend(one))), options.sabotaged)
    calls.push({
      kind: "append",
      process,
      called,
      answered: answer._tag === "Unknown" ? Infinity : ++now,
      ...one,
      answer,
    })
    if (answer._tag === "Appended") {
      known = answer.lastPosition > known ? answer.lastPosition : known
      for (const [index, { stream }] of one.streams.entries()) versions.set(stream, answer.versions[index] ?? 0)
    }
    if (answer._tag === "VersionConflict") versions.set(answer.stream, answer.actual)
  })

  const step = Effect.fnUntraced(function* (process: string, store: StoreProcess) {
    const dice = yield* Random.nextIntBetween(0, 99)
    const n = ++begun
    // Few streams at a time, for the sake of contention, and new ones every so often, for the sake of short reads.
    const name = (nth: number) => `s-${Math.floor(n / 600)}-${nth % 6}`
    const nth = yield* Random.nextIntBetween(0, 5)
    if (dice < 25) {
      const stream = name(nth)
      yield* read(store.readStream(stream), (events, called, answered) => {
        versions.set(stream, events.length)
        return { kind: "readStream", process, called, answered, stream, events: events.map(toSeen) }
      })
    } else if (dice < 45) {
      const back = BigInt(yield* Random.nextIntBetween(0, 30))
      const after = known > back ? known - back : 0n
      const limit = yield* Random.nextIntBetween(1, 60)
      yield* read(store.readAll(after, limit), (events, called, answered) => ({
        kind: "readAll",
        process,
        called,
        answered,
        after,
        limit,
        events: events.map(toSeen),
      }))
    } else if (dice < 55 && asked.length > 0) {
      const one = asked[yield* Random.nextIntBetween(0, asked.length - 1)]
      if (one === undefined) return
      const other = dice < 48
      const streams = other
        ? one.streams.map((part) => ({ ...part, data: part.data.map(() => `"${n} other"`) }))
        : one.streams
      yield* append(process, store, { key: one.key, streams })
    } else {
      const streams = Array.from({ length: dice < 65 ? 2 : 1 }, (_, part) => {
        const stream = name(nth + part)
        const expected = dice % 4 === 0 ? ("any" as const) : (versions.get(stream) ?? ("none" as const))
        return { stream, expected, data: Array.from({ length: 1 + (dice % 3) }, (_, m) => `"${n} ${part} ${m}"`) }
      })
      const one = { key: `k-${n}`, streams }
      asked.push(one)
      if (asked.length > 40) asked.shift()
      yield* append(process, store, one)
    }
  })

  const client = (process: string, store: StoreProcess) =>
    Effect.gen(function* () {
      while (begun < options.count) {
        yield* options.each
        yield* step(process, store)
      }
    })
  yield* Effect.forEach(
    processes.flatMap((store, index) => Array.from({ length: options.clients }, () => ({ store, name: `p${index}` }))),
    ({ store, name }) => client(name, store),
    { concurrency: "unbounded", discard: true },
  )
  return calls
})
