/** The laws of loading a state to decide on. */
import { Effect } from "effect"
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import type { Fold } from "../EventStore.ts"
import { assertDense, event, everything, law, several, to, together, versionsOf } from "./law.ts"

/** The data of a stream's events, in order. Counts the events it folds. */
const texts = () => {
  let folded = 0
  const fold: Fold<ReadonlyArray<string>> = {
    initial: [],
    evolve: (state, { data }) => {
      folded += 1
      return [...state, data]
    },
  }
  return { fold, folded: () => folded }
}

const counter: Fold<number> = { initial: 0, evolve: (state) => state + 1 }

export const loading = [
  law(
    "loads the state, the version and the last event of a stream; of one that does not exist, none",
    Effect.fnUntraced(function* (store) {
      const { fold } = texts()
      assert.deepEqual(yield* store.load(fold, "a"), { state: [], version: 0, last: undefined })
      yield* store.append(to("a", "none", event(1), event(2)))
      yield* store.append(to("b", "none", event(3)))
      const loaded = yield* store.load(fold, "a")
      assert.deepEqual(loaded.state, ["1", "2"])
      assert.equal(loaded.version, 2)
      assert.equal(loaded.last?.data, "2")
    }),
  ),

  law(
    "loads what was appended since, and folds each event once",
    Effect.fnUntraced(function* (_, store) {
      const { fold, folded } = texts()
      const stream = `s-${randomUUID()}`
      yield* store.append(to(stream, "none", ...several(5)))
      yield* store.load(fold, stream)
      yield* store.load(fold, stream)
      yield* store.append(to(stream, 5, event("six")))
      const { state, version } = yield* store.load(fold, stream)
      assert.equal(version, 6)
      assert.equal(state.at(-1), `"six"`)
      assert.equal(state.length, 6)
      assert.equal(folded(), 6)
      const other = texts()
      assert.equal((yield* store.load(other.fold, stream)).state.length, 6)
    }),
  ),

  law(
    "gives each of many loads at once its own stream",
    Effect.fnUntraced(function* (store) {
      const { fold } = texts()
      const names = Array.from({ length: 300 }, (_, n) => `s-${n}`)
      yield* Effect.forEach(names, (name, n) => store.append(to(name, "none", ...several((n % 4) + 1))), together)
      const wanted = [...names, "nothing", ...names]
      const loaded = yield* Effect.forEach(wanted, (name) => store.load(fold, name), together)
      for (const [index, { version, state }] of loaded.entries()) {
        const expected = wanted[index] === "nothing" ? 0 : ((index > 300 ? index - 301 : index) % 4) + 1
        assert.equal(version, expected)
        assert.deepEqual(
          state,
          several(expected).map(({ data }) => data),
        )
      }
    }),
  ),

  law(
    "lets writers that load, decide and append make each step once",
    Effect.fnUntraced(function* (store) {
      const step = Effect.gen(function* () {
        const { state, version } = yield* store.load(counter, "counter")
        return yield* store.append(to("counter", version, event(state + 1)))
      }).pipe(Effect.retry({ while: ({ _tag }) => _tag === "VersionConflict" }))
      yield* Effect.forEach(Array.from({ length: 40 }), () => step, together)
      const log = yield* everything(store)
      assertDense(log)
      assert.deepEqual(
        log.map(({ data }) => data),
        versionsOf(log).map(String),
      )
      assert.equal(log.length, 40)
    }),
  ),
]
