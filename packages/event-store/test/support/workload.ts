/** Many callers over several stores, and what must be true of the log afterwards. */
import { assert } from "@effect/vitest"
import { Clock, Effect, type Redacted, Ref } from "effect"
import { randomUUID } from "node:crypto"
import { assertDense, event, everything, type Store, to } from "../../src/conformance/law.ts"
import type { Append, Appended } from "../../src/EventStore.ts"
import { connected, rows } from "./sql.ts"
import type { Appender } from "./StoreProcess.ts"
import { eventually } from "./World.ts"

export interface Answered {
  readonly append: Append
  /** What each call was answered; a call repeats its append until it is answered. */
  readonly answers: ReadonlyArray<Appended>
}

/** One event, with a token in it that is nowhere else. */
const appendOf = (n: number): Append => to(`s-${n % 17}`, "any", event({ token: randomUUID() }))

/** As another process sends it: content is the same, the event's id is its own. */
const again = ({ key, streams: [{ stream, expected, events }] }: Append): Append => ({
  key,
  streams: [{ stream, expected, events: [{ ...events[0], id: randomUUID() }] }],
})

/** `count` appends, each sent to every store at the same time, `callers` at once. Out of reach and overloaded mean: again. */
export const run = Effect.fnUntraced(function* (
  stores: ReadonlyArray<Appender>,
  options: { readonly count: number; readonly callers: number; readonly each?: Effect.Effect<void> },
) {
  const repeats = yield* Ref.make(0)
  const slowest = yield* Ref.make(0)
  const persist = (store: Appender, append: Append): Effect.Effect<Appended> =>
    timed(store.append(append), slowest).pipe(
      Effect.catchTag(["StoreUnavailable", "Overloaded"], () =>
        Ref.update(repeats, (count) => count + 1).pipe(
          Effect.andThen(Effect.sleep("20 millis")),
          Effect.andThen(Effect.suspend(() => persist(store, append))),
        ),
      ),
      Effect.orDie,
    )
  const answered = yield* Effect.forEach(
    Array.from({ length: options.count }, (_, n) => appendOf(n)),
    (append): Effect.Effect<Answered> =>
      (options.each ?? Effect.void).pipe(
        Effect.andThen(Effect.forEach(stores, (store) => persist(store, again(append)), { concurrency: "unbounded" })),
        Effect.map((answers) => ({ append, answers })),
      ),
    { concurrency: options.callers },
  )
  return { answered, repeats: yield* Ref.get(repeats), slowestMs: yield* Ref.get(slowest) }
})

/** Keeps the longest time, in milliseconds, that an answer took, whatever it was. */
const timed = <A, E>(self: Effect.Effect<A, E>, slowest: Ref.Ref<number>): Effect.Effect<A, E> =>
  Effect.flatMap(Clock.currentTimeMillis, (begun) =>
    Effect.ensuring(
      self,
      Effect.flatMap(Clock.currentTimeMillis, (now) => Ref.update(slowest, (ms) => Math.max(ms, now - begun))),
    ),
  )

/** 0 lost, 0 doubled, and every answer is the truth. */
export const assertExact = Effect.fnUntraced(function* (store: Store, answered: ReadonlyArray<Answered>) {
  const log = yield* everything(store)
  assertDense(log)
  const places = new Map(log.map((event) => [event.data, event]))
  assert.strictEqual(log.length, answered.length, "nothing is lost or doubled")
  assert.strictEqual(places.size, answered.length, "each is there")
  for (const { append, answers } of answered) {
    const event = places.get(append.streams[0].events[0].data)
    assert.ok(event !== undefined, "it is there")
    for (const { firstPosition, lastPosition, versions } of answers) {
      assert.deepStrictEqual(
        { firstPosition, lastPosition, versions },
        { firstPosition: event.position, lastPosition: event.position, versions: [event.version] },
      )
    }
  }
})

/** How many transactions on this database have failed, once all connections of stores are closed. */
export const rollbacks = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const client = yield* connected(url)
  // A backend reports its numbers at the latest when it ends.
  yield* eventually(
    rows(client, "select from pg_stat_activity where datname = current_database() and application_name = 'paylog'"),
    (open) => open.length === 0,
  )
  const [row] = yield* rows<{ failed: bigint }>(
    client,
    "select xact_rollback as failed from pg_stat_database where datname = current_database()",
  )
  return Number(row?.failed ?? 0n)
})

/** How many of the calls of each append were told that they made it. */
export const makers = (answered: ReadonlyArray<Answered>): ReadonlyArray<number> =>
  answered.map(({ answers }) => answers.filter((answer) => answer.outcome === "Appended").length)
