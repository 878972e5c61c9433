/** Commands on a log, each done to the model and to the log, which must answer the same. Made by fast-check. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import * as fc from "fast-check"
import { createHash, randomUUID } from "node:crypto"
import type { Store } from "../../src/conformance/law.ts"
import type {
  Append,
  AppendError,
  Appended,
  Fold,
  NewEvent,
  RecordedEvent,
  StreamAppend,
} from "../../src/EventStore.ts"
import type { Line, Model } from "./Model.ts"

/** A log under test. `prefix` keeps this sequence's names apart from those of earlier ones. */
export interface Real {
  readonly prefix: string
  readonly store: () => Store
  /** The process dies without a farewell, and another one takes its place. */
  readonly crash: Effect.Effect<void>
  /** What was appended, for repetitions. */
  readonly appends: Array<Append>
}

export type Command = fc.AsyncCommand<Model, Real>

const answerOf = (exit: Exit.Exit<Appended, AppendError>): unknown => {
  if (Exit.isSuccess(exit)) {
    const { outcome, ...rest } = exit.value
    return { _tag: outcome, ...rest }
  }
  const error = Exit.findErrorOption(exit)
  if (error._tag === "None") return String(exit)
  switch (error.value._tag) {
    case "VersionConflict":
      return {
        _tag: "VersionConflict",
        stream: error.value.stream,
        expected: error.value.expected,
        actual: error.value.actual,
      }
    case "IdempotencyMismatch":
      return { _tag: "IdempotencyMismatch", key: error.value.key }
    default:
      return error.value
  }
}

const linesOf = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<Line> =>
  events.map(({ position, stream, version, data, metadata }) => ({ position, stream, version, data, metadata }))

const command = (title: string, run: (model: Model, real: Real) => Effect.Effect<void, unknown>): Command => ({
  check: () => true,
  run: (model, real) => Effect.runPromise(run(model, real)),
  toString: () => title,
})

// -- What is appended.

interface Part {
  readonly stream: number
  /** A number is relative to the version that the stream has. */
  readonly expected: "any" | "none" | number
  readonly data: ReadonlyArray<number>
}

const part: fc.Arbitrary<Part> = fc.record({
  stream: fc.nat(2),
  expected: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    fc.constantFrom("any" as const, "none" as const, -1, 1, 2),
  ),
  data: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
})
const parts = fc.uniqueArray(part, { minLength: 1, maxLength: 3, selector: ({ stream }) => stream })

const eventOf = (n: number): NewEvent => ({
  id: randomUUID(),
  type: `T${n}`,
  schemaVersion: 1,
  data: `{"n":${n}}`,
  metadata: `{"m":${n}}`,
})

const nonEmpty = <A>(items: ReadonlyArray<A>): readonly [A, ...Array<A>] => {
  const [first, ...others] = items
  assert.ok(first !== undefined)
  return [first, ...others]
}

const appendOf = (model: Model, { prefix, appends }: Real, parts: ReadonlyArray<Part>, attached: boolean): Append => {
  const streams = parts.map(({ stream, expected, data }): StreamAppend => {
    const name = `${prefix}s${stream}`
    return {
      stream: name,
      expected: typeof expected === "number" ? Math.max(0, model.versionOf(name) + expected) : expected,
      events: nonEmpty(data.map(eventOf)),
    }
  })
  const bytes = Buffer.from(`${prefix} ${appends.length}`)
  const append: Append = {
    key: `${prefix}k${appends.length}`,
    streams: nonEmpty(streams),
    ...(attached ? { attachments: [{ digest: createHash("sha256").update(bytes).digest(), bytes }] } : {}),
  }
  appends.push(append)
  return append
}

// -- The commands.

const appends = fc.tuple(parts, fc.boolean()).map(([parts, attached]) =>
  command(`append(${JSON.stringify(parts)}, ${attached})`, (model, real) =>
    Effect.gen(function* () {
      const append = appendOf(model, real, parts, attached)
      const exit = yield* Effect.exit(real.store().append(append))
      assert.deepStrictEqual(answerOf(exit), model.append(append))
    }),
  ),
)

/** The order in which one process asks is the order in which it is done. */
const together = fc.array(parts, { minLength: 2, maxLength: 5 }).map((all) =>
  command(`together(${JSON.stringify(all)})`, (model, real) =>
    Effect.gen(function* () {
      const asked = all.map((parts) => appendOf(model, real, parts, false))
      const exits = yield* Effect.forEach(asked, (append) => Effect.exit(real.store().append(append)), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(exits.map(answerOf), asked.map(model.append))
    }),
  ),
)

const changes = {
  nothing: (append: Append): Append => append,
  "what is not content": ({ key, streams }: Append): Append => ({
    key,
    streams: nonEmpty(
      streams.map((part) => ({
        ...part,
        expected: 99,
        events: nonEmpty(part.events.map((event) => ({ ...event, id: randomUUID(), metadata: "{}" }))),
      })),
    ),
  }),
  data: ({ key, streams: [first, ...others] }: Append): Append => ({
    key,
    streams: [{ ...first, events: [{ ...first.events[0], data: `{"n":99}` }, ...first.events.slice(1)] }, ...others],
  }),
  stream: ({ key, streams: [first, ...others] }: Append): Append => ({
    key,
    streams: [{ ...first, stream: `${first.stream}-other`, expected: "any" }, ...others],
  }),
  "number of events": ({ key, streams: [first, ...others] }: Append): Append => ({
    key,
    streams: [{ ...first, events: [...first.events, eventOf(0)] }, ...others],
  }),
}
const whats = ["nothing", "what is not content", "data", "stream", "number of events"] as const

const repeats = fc.tuple(fc.nat(30), fc.constantFrom(...whats)).map(([nth, what]) =>
  command(`repeat(${nth}, other ${what})`, (model, real) =>
    Effect.gen(function* () {
      const earlier = real.appends[nth % real.appends.length]
      if (earlier === undefined) return
      const append = changes[what](earlier)
      const exit = yield* Effect.exit(real.store().append(append))
      assert.deepStrictEqual(answerOf(exit), model.append(append))
    }),
  ),
)

const streamReads = fc
  .record({
    stream: fc.nat(2),
    direction: fc.constantFrom("Forwards" as const, "Backwards" as const),
    from: fc.option(fc.nat(8), { nil: undefined }),
    limit: fc.option(fc.nat(4), { nil: undefined }),
  })
  .map(({ stream, direction, from, limit }) =>
    command(`readStream(${stream}, ${direction}, ${from}, ${limit})`, (model, { prefix, store }) =>
      Effect.gen(function* () {
        const options = {
          direction,
          ...(from === undefined ? {} : { from }),
          ...(limit === undefined ? {} : { limit }),
        }
        const read = yield* store().readStream(`${prefix}s${stream}`, options)
        assert.deepStrictEqual(linesOf(read), model.readStream(`${prefix}s${stream}`, options))
      }),
    ),
  )

const lines: Fold<ReadonlyArray<Line>> = {
  initial: [],
  evolve: (before, event) => [...before, ...linesOf([event])],
}

const loads = fc.nat(2).map((stream) =>
  command(`load(${stream})`, (model, { prefix, store }) =>
    Effect.gen(function* () {
      const { state, version, last } = yield* store().load(lines, `${prefix}s${stream}`)
      const right = model.readStream(`${prefix}s${stream}`, {})
      assert.deepStrictEqual(
        { state, version, last: last?.position },
        { state: right, version: right.length, last: right.at(-1)?.position },
      )
    }),
  ),
)

const allReads = fc.tuple(fc.nat(12), fc.nat(9)).map(([back, limit]) =>
  command(`readAll(${back} back, ${limit})`, (model, { store }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* store().head, model.head())
      const behind = model.head() - BigInt(back)
      const after = behind < model.base ? model.base : behind
      assert.deepStrictEqual(linesOf(yield* store().readAll(after, limit)), model.readAll(after, limit))
    }),
  ),
)

const attachmentReads = fc.constant(
  command("readAttachments", (model, { store }) =>
    Effect.forEach(model.attachments, ({ digest, bytes }) =>
      Effect.map(store().readAttachment(digest), (found) => assert.deepStrictEqual(found, Uint8Array.from(bytes))),
    ),
  ),
)

/** Goes on from the bookmark, at most so far, and moves it: what a follower does. */
const follows = fc.integer({ min: 1, max: 9 }).map((most) =>
  command(`follow(${most})`, (model, { store }) =>
    Effect.gen(function* () {
      const due = model.readAll(model.bookmark, most)
      if (due.length === 0) return
      const read = yield* store().subscribe(model.bookmark).pipe(Stream.take(due.length), Stream.runCollect)
      assert.deepStrictEqual(linesOf(read), due)
      model.bookmark += BigInt(due.length)
    }),
  ),
)

/** The process dies while it appends; the next one asks again, with the same key. */
const crashes = fc.tuple(parts, fc.nat(3)).map(([parts, ms]) =>
  command(`crash(${JSON.stringify(parts)}, ${ms})`, (model, real) =>
    Effect.gen(function* () {
      const append = appendOf(model, real, parts, false)
      const fiber = yield* Effect.forkChild(real.store().append(append), { startImmediately: true })
      yield* Effect.sleep(ms)
      yield* real.crash
      yield* Fiber.interrupt(fiber)
      const answer = answerOf(yield* Effect.exit(real.store().append(append)))
      const right = model.append(append)
      // Whether the first one was made nobody can know; that it was made once, everybody can.
      assert.ok(answer !== null && typeof answer === "object")
      assert.deepStrictEqual(right._tag === "Appended" ? { ...answer, _tag: "Appended" } : answer, right)
    }),
  ),
)

/** Sequences of at most so many. */
export const commands = (most: number) =>
  fc.commands([appends, appends, together, repeats, loads, streamReads, allReads, follows, attachmentReads, crashes], {
    maxCommands: most,
    size: "medium",
  })
