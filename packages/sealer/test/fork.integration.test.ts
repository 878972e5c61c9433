/** What a fork says of the log before is shown by the tiles of that log, or not signed. */
import { assert, it } from "@effect/vitest"
import * as Note from "@paylog/transparency/Note"
import { Effect, type Layer, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { cp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Sealing } from "../src/environment.ts"
import * as LogEvents from "../src/LogEvents.ts"
import * as LogHistory from "../src/LogHistory.ts"
import * as Outside from "../src/Outside.ts"
import * as Sealed from "../src/Sealing.ts"
import * as Standing from "../src/Standing.ts"
import { act, type Ago, cutTail, folder, reseal, sealAll, sealing, sign, signedLog } from "./support/sealed.ts"
import { superuser, world } from "./support/world.ts"

interface Given {
  readonly path: string
  /** How many events the old log had, and its last checkpoint. */
  readonly size: number
  readonly checkpoint: string
  readonly old: Sealing
  readonly next: Sealing
}

/** A test with a log of about 600 events that is signed to its end, and the key of the one that goes on. */
const test = <E>(
  title: string,
  body: (given: Given) => Effect.Effect<void, E, Layer.Success<typeof world> | SecureRandom.SecureRandom | Scope.Scope>,
) =>
  it.live(title, () =>
    Effect.gen(function* () {
      const path = yield* folder
      const old = yield* sealing(path)
      const next = yield* sealing(path, { origin: "test.example/log-2", known: old.keys.verifiers })
      const size = yield* signedLog(old)
      const checkpoint = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
      yield* body({ path, size, checkpoint, old, next })
    }).pipe(Effect.scoped, Effect.provide([world, SecureRandom.layerWebCrypto], { local: true })),
  )

/** Two people say that the log goes on from `kept`. */
const decide = Effect.fnUntraced(function* (
  { next, checkpoint }: Given,
  kept: number,
  { id = "pro_1", ago = {} }: { readonly id?: string; readonly ago?: Ago } = {},
) {
  const what = { _tag: "ForkProposed", origin: next.keys.origin, kept, checkpoint } as const
  const digest = LogEvents.digestOf(yield* LogHistory.propose(id, what, yield* act("stf_a", ago)))
  yield* LogHistory.approve(id, digest, yield* act("stf_b", ago))
  return yield* sealAll
})

const refusal = (sealing: Sealing) =>
  Effect.map(Effect.flip(sign(sealing)), (refused) => {
    assert.strictEqual(refused._tag, "SigningRefused")
    return refused.message
  })

const standing = (sealing: Sealing) =>
  Effect.flatMap(Outside.read, Standing.compare).pipe(Effect.provide(Sealed.outside(sealing), { local: true }))

const forget = (path: string) => Effect.promise(() => rm(join(path, "tile"), { recursive: true }))

test("what was rewritten below the lost tail is not said to be kept", (given) =>
  Effect.gen(function* () {
    const { old, next, size } = given
    yield* superuser("update paylog.events set data = '{\"n\":99}' where position = 123")
    yield* cutTail(size - 9)
    yield* reseal
    assert.deepInclude(yield* standing(old), { _tag: "Shorter", from: 123n })
    yield* decide(given, size - 10)
    assert.match(yield* refusal(next), /not shown that both logs have the same first \d+ events/)
    const now = yield* decide(given, 122, { id: "pro_2" })
    assert.strictEqual(yield* sign(next), now)
  }))

test("nor is it when the old tiles are lost: nobody can say then what was kept, and it is said what to do", (given) =>
  Effect.gen(function* () {
    const { old, next, path, size } = given
    yield* Effect.promise(() => cp(join(path, "tile"), join(path, "mirror"), { recursive: true }))
    yield* forget(path)
    yield* superuser("update paylog.events set data = '{\"n\":99}' where position = 123")
    yield* cutTail(size - 9)
    yield* reseal
    const found = yield* standing(old)
    assert.deepInclude(found, { _tag: "Shorter", from: undefined })
    assert.match(Standing.describe(found), /the outside tiles do not tell/)
    yield* decide(given, size - 10)
    assert.match(yield* refusal(next), /put the old log's tiles back/)
    // From a mirror: now there is something to show it by.
    yield* Effect.promise(() => cp(join(path, "mirror"), join(path, "tile"), { recursive: true }))
    assert.deepInclude(yield* standing(old), { _tag: "Shorter", from: 123n })
    const now = yield* decide(given, 122, { id: "pro_2" })
    assert.strictEqual(yield* sign(next), now)
  }))

test("tiles that do not make the root of the old checkpoint show nothing", (given) =>
  Effect.gen(function* () {
    const { old, next, path, size } = given
    yield* superuser("update paylog.events set data = '{\"n\":99}' where position = 123")
    yield* reseal
    // Whoever rewrote the log has put its new tiles outside, as wide as the old ones.
    yield* forget(path)
    const note = given.checkpoint
    const { origin } = old.keys
    yield* Outside.publish({ origin, size, note }, 0).pipe(Effect.provide(Sealed.outside(old), { local: true }))
    assert.deepInclude(yield* standing(old), { _tag: "Differs", from: undefined })
    yield* decide(given, size)
    assert.match(yield* refusal(next), /not shown/)
  }))

test("a tree that has more than the events, or others, is not signed as the log that goes on", (given) =>
  Effect.gen(function* () {
    const { next, size } = given
    yield* cutTail(size - 9)
    const what = {
      _tag: "ForkProposed",
      origin: next.keys.origin,
      kept: size - 10,
      checkpoint: given.checkpoint,
    } as const
    const digest = LogEvents.digestOf(yield* LogHistory.propose("pro_1", what, yield* act("stf_a")))
    yield* LogHistory.approve("pro_1", digest, yield* act("stf_b"))
    assert.match(yield* refusal(next), /the log ends at position|is not the one/)
    const now = yield* reseal
    assert.strictEqual(yield* sign(next), now)
  }))

test("the approval of a fork counts for an hour", (given) =>
  Effect.gen(function* () {
    const { next, size } = given
    yield* cutTail(size - 9)
    yield* reseal
    yield* decide(given, size - 10, { ago: { minutes: 61 } })
    assert.match(yield* refusal(next), /is of the log test.example\/log/)
    const now = yield* decide(given, size - 10, { id: "pro_2", ago: { minutes: 59 } })
    assert.strictEqual(yield* sign(next), now)
  }))

test("a fork that was signed, and whose publication was cut off among the tiles, is published", (given) =>
  Effect.gen(function* () {
    const { next, path, size } = given
    yield* cutTail(size - 9)
    yield* reseal
    const now = yield* decide(given, size - 10)
    assert.strictEqual(yield* sign(next), now)
    // The new tiles are there; the note is the old one still.
    yield* Effect.promise(() => writeFile(join(path, "checkpoint"), given.checkpoint))
    yield* Effect.promise(() => rm(join(path, "tile/0/002.p"), { recursive: true, force: true }))
    assert.strictEqual(yield* sign(next), now)
    const note = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    yield* Effect.promise(() => Note.open(note, next.keys.verifiers.slice(0, 1)))
    // Somebody who can write to both puts the old note back, and has rewritten the log: it is not signed again.
    yield* Effect.promise(() => writeFile(join(path, "checkpoint"), given.checkpoint))
    yield* superuser("update paylog.events set data = '{\"n\":99}' where position = 500")
    yield* reseal
    assert.match(yield* refusal(next), /the log is another one since/)
  }))
