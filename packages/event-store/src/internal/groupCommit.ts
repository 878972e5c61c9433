/**
 * The one writer of a process. While statements are under way the appends of all callers gather, and the next statement
 * takes them together: one round trip and one commit for all, and no timer.
 */
import { Cause, Clock, Effect, Exit, Latch, Option, Random, type Scope } from "effect"
import { type Append, type Appended, type AppendError, Overloaded, StoreUnavailable } from "../EventStore.ts"
import { answersOf, type Verdicts } from "./batch.ts"
import { checked, type Item, maxBytes, maxEvents } from "./item.ts"

export interface Limits {
  /** After this long, in milliseconds, a caller gets `StoreUnavailable`, whatever the network does. Default: 5000. */
  readonly answerWithin?: number
  /** How many appends may wait, and how much memory they may hold, before the next gets `Overloaded`. Default: 10 000, 64 MiB. */
  readonly waiting?: number
  readonly waitingBytes?: number
}

/**
 * So many may be under way: while the server works on one, the callers of the other are answered, and what they append next
 * is written. A second one is sent, and a first one shared out among two, where so many wait that a commit more is worth it.
 */
const batches = 2
const crowd = 32
const maxBatch = 256

/** A caller's append, until it is answered. */
interface Entry {
  readonly item: Item
  readonly expiresAt: number
  readonly answer: (effect: Effect.Effect<Appended, AppendError>) => void
  /** Why its batch had to be sent again. */
  trouble: string
  /** Answered, or its caller has gone. */
  done: boolean
}

/**
 * `send` appends a batch, or fails when that is not known; it is not interrupted and must end in bounded time. It dies when
 * something in the batch cannot be stored, and then has appended nothing.
 *
 * A caller that is interrupted while its append waits takes it back; once the append is on its way it may be made all the
 * same, and its key tells. `grown` runs after each batch that appended something.
 */
export const make = Effect.fnUntraced(function* (
  send: (items: ReadonlyArray<Item>) => Effect.Effect<Verdicts, StoreUnavailable>,
  options: Limits,
  grown: Effect.Effect<void>,
): Effect.fn.Return<(append: Append) => Effect.Effect<Appended, AppendError>, never, Scope.Scope> {
  const {
    answerWithin = 5000,
    waiting: maxWaiting = 10_000,
    waitingBytes: maxWaitingBytes = 64 * 1024 * 1024,
  } = options
  const clock = yield* Clock.Clock
  /** Whatever happens to the wall clock meanwhile. */
  const elapsedMs = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  const work = Latch.makeUnsafe()
  const waiting: Array<Entry> = []
  let waitingBytes = 0
  const underWay = new Set<ReadonlyArray<Entry>>()
  let closed = false

  const append = (append: Append) => Effect.flatMap(checked(append), enqueue)

  const enqueue = (item: Item) =>
    Effect.suspend(() => {
      if (closed) return Effect.fail(new StoreUnavailable({ reason: "the store is closed" }))
      if (waiting.length >= maxWaiting || waitingBytes + item.bytes > maxWaitingBytes) {
        return Effect.fail(new Overloaded({ waiting: waiting.length }))
      }
      return Effect.callback<Appended, AppendError>((resume) => {
        const entry: Entry = {
          item,
          expiresAt: elapsedMs() + answerWithin,
          answer: resume,
          trouble: "",
          done: false,
        }
        waiting.push(entry)
        waitingBytes += item.bytes
        turn()
        return Effect.sync(() => {
          entry.done = true
          forgetDone()
        })
      })
    })

  /** Those that still wait, and nobody waits for. */
  const forgetDone = () => {
    const left = waiting.filter(({ done }) => !done)
    if (left.length === waiting.length) return
    waiting.splice(0, waiting.length, ...left)
    waitingBytes = left.reduce((bytes, { item }) => bytes + item.bytes, 0)
    turn()
  }

  const ready = () => waiting.length >= (underWay.size === 0 ? 1 : crowd)
  const turn = () => (ready() ? work.openUnsafe() : work.closeUnsafe())

  /** As many as one statement takes, at least one. */
  const next = (): ReadonlyArray<Entry> => {
    const most = underWay.size === 0 && waiting.length >= 2 * crowd ? Math.ceil(waiting.length / 2) : waiting.length
    let events = 0
    let bytes = 0
    let count = 0
    for (const { item } of waiting) {
      events += item.events
      bytes += item.bytes
      if (count > 0 && (count >= Math.min(most, maxBatch) || events > maxEvents || bytes > maxBytes)) break
      waitingBytes -= item.bytes
      count += 1
    }
    return waiting.splice(0, count)
  }

  const writeNext = Effect.suspend(() => {
    if (!ready()) return Effect.void
    const batch = next()
    underWay.add(batch)
    turn()
    return Effect.ensuring(
      write(batch, false),
      Effect.sync(() => {
        underWay.delete(batch)
        turn()
      }),
    )
  })

  /** Ends when every entry of the batch is answered, or will be when this fiber waits. Interruptible only where nothing is on its way. */
  const write: (batch: ReadonlyArray<Entry>, repeated: boolean) => Effect.Effect<void> = Effect.fnUntraced(
    function* (batch, repeated) {
      let attempts = repeated ? 1 : 0
      while (true) {
        const entries = batch.filter((entry) => !entry.done)
        if (entries.length === 0) return
        const items = entries.map((entry) => entry.item)
        const exit = yield* Effect.exit(send(items))
        if (Exit.isSuccess(exit)) {
          const answers = answersOf(items, exit.value, attempts > 0)
          // When this fiber waits next: for those answered to join the next batch, or for the server, which has that already.
          yield* Effect.forkDetach(
            Effect.sync(() => {
              for (const [index, entry] of entries.entries()) {
                const effect = answers[index]
                if (effect !== undefined) answer(entry, effect)
              }
            }),
          )
          if (exit.value.verdicts.some((verdict) => verdict === "A" || verdict === "O")) yield* grown
          return
        }
        if (!Cause.hasFails(exit.cause)) return yield* isolate(entries, exit.cause, attempts > 0)
        const trouble = Option.match(Cause.findErrorOption(exit.cause), {
          onNone: () => "",
          onSome: ({ reason }) => ` (${reason})`,
        })
        for (const entry of entries) entry.trouble = trouble
        // The batch may have been committed. Sent again under the same keys, it finds what it did.
        yield* Effect.interruptible(backoff(attempts))
        attempts += 1
      }
    },
  )

  /** Something in the batch makes the statement fail, so nothing was appended. Halving finds it and spares its neighbours. */
  const isolate = (
    entries: ReadonlyArray<Entry>,
    cause: Cause.Cause<StoreUnavailable>,
    repeated: boolean,
  ): Effect.Effect<void> => {
    const [only, ...others] = entries
    if (only === undefined) return Effect.void
    if (others.length === 0) return Effect.sync(() => answer(only, Effect.failCause(cause)))
    const half = Math.ceil(entries.length / 2)
    return Effect.andThen(write(entries.slice(0, half), repeated), write(entries.slice(half), repeated))
  }

  const expire = Effect.sync(() => {
    const now = elapsedMs()
    for (const entry of [...underWay].flat().concat(waiting)) {
      if (entry.expiresAt <= now)
        answer(entry, Effect.fail(new StoreUnavailable({ reason: `no answer in time${entry.trouble}` })))
    }
    forgetDone()
  })

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      // Those whose append was made a moment ago hear so first.
      return Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => {
          for (const entry of [...underWay].flat().concat(waiting)) {
            answer(entry, Effect.fail(new StoreUnavailable({ reason: "the store was closed" })))
          }
        }),
      )
    }),
  )
  const writer = work.await.pipe(
    // Those that the last batch answered run first, and what they append next is part of this one.
    Effect.andThen(Effect.yieldNow),
    Effect.andThen(Effect.uninterruptible(writeNext)),
    Effect.forever({ disableYield: true }),
  )
  for (let count = 0; count < batches; count++) yield* Effect.forkScoped(writer)
  yield* Effect.forkScoped(Effect.forever(Effect.delay(expire, 100)))
  return append
})

const answer = (entry: Entry, effect: Effect.Effect<Appended, AppendError>): void => {
  if (entry.done) return
  entry.done = true
  entry.answer(effect)
}

/** At once, then from 50 ms doubling to a second, half of it at random so that processes do not come back in step. */
const backoff = (attempts: number) =>
  attempts === 0
    ? Effect.void
    : Effect.flatMap(Random.next, (random) => Effect.sleep(Math.min(25 * 2 ** attempts, 1000) * (0.5 + random / 2)))
