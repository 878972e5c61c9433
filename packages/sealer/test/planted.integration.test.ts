/** Whoever may insert checkpoints, and has no key, plants rows that none has signed. */
import { assert, it } from "@effect/vitest"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { Effect, type Layer, Logger, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Sealing } from "../src/environment.ts"
import * as Outside from "../src/Outside.ts"
import * as Sealed from "../src/Sealing.ts"
import * as Standing from "../src/Standing.ts"
import * as Tiles from "../src/Tiles.ts"
import { folder, origin, sealAll, sealing, sign } from "./support/sealed.ts"
import { grow, run, world } from "./support/world.ts"

/** A test with a log of some events, signed to its end. */
const test = <E>(
  title: string,
  body: (log: {
    readonly sealing: Sealing
    readonly outside: Effect.Effect<string>
  }) => Effect.Effect<void, E, Layer.Success<typeof world> | Scope.Scope>,
) =>
  it.live(title, () =>
    Effect.gen(function* () {
      const path = yield* folder
      const made = yield* sealing(path)
      const outside = Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
      yield* sign(made)
      yield* grow(10)
      assert.strictEqual(yield* Effect.andThen(sealAll, sign(made)), yield* Tiles.size)
      yield* body({ sealing: made, outside })
    }).pipe(Effect.scoped, Effect.provide(world, { local: true })),
  )

/** As any application login may. */
const plant = (size: number, root: Uint8Array, note: string, ahead = "1 year") =>
  run("insert into transparency.checkpoints values ($1, $2, $3, $4, clock_timestamp() + $5::interval)", [
    origin,
    size,
    root,
    note,
    ahead,
  ])

const sizeOf = (note: string, { keys }: Sealing) =>
  Effect.promise(async () => Checkpoint.parse((await Note.open(note, keys.verifiers)).text).size)

const agrees = (sealing: Sealing) =>
  Effect.flatMap(Outside.read, Standing.compare).pipe(
    Effect.map(({ _tag }) => _tag === "Agrees"),
    Effect.provide(Sealed.outside(sealing), { local: true }),
  )

test("an old note under a larger size does not take the outside checkpoint back", ({ sealing, outside }) =>
  Effect.gen(function* () {
    const old = yield* outside
    yield* grow(10)
    const size = yield* sealAll
    yield* plant(size, yield* Tiles.rootAt(size), old)
    yield* sign(sealing)
    assert.strictEqual(yield* sizeOf(yield* outside, sealing), size)
    yield* grow(1)
    const later = yield* sealAll
    assert.strictEqual(yield* sign(sealing), later)
    assert.strictEqual(yield* sizeOf(yield* outside, sealing), later)
  }))

test("nor does a signer that was paused while another went on", ({ sealing, outside }) =>
  Effect.gen(function* () {
    const [old, before] = [yield* outside, yield* Tiles.size]
    yield* grow(10)
    const size = yield* Effect.andThen(sealAll, sign(sealing))
    yield* Outside.publish({ origin, size: before, note: old }, 0).pipe(
      Effect.provide(Sealed.outside(sealing), { local: true }),
    )
    assert.strictEqual(yield* sizeOf(yield* outside, sealing), size)
  }))

test("a note that is none is not published, and closes no gate", ({ sealing, outside }) =>
  Effect.gen(function* () {
    yield* grow(10)
    const size = yield* sealAll
    yield* plant(size, yield* Tiles.rootAt(size), "nothing of the kind")
    yield* sign(sealing)
    assert.strictEqual(yield* sizeOf(yield* outside, sealing), size)
    assert.isTrue(yield* agrees(sealing))
  }))

test("rows at every size to come keep nobody from signing, and the log tells of them once", ({ sealing, outside }) =>
  Effect.gen(function* () {
    const said: Array<unknown> = []
    const listening = Logger.layer([Logger.make(({ message }) => said.push(message))])
    const before = yield* Tiles.size
    for (let size = before + 1; size < before + 300; size++) yield* plant(size, randomBytes(32), `${size}`)
    yield* grow(10)
    const size = yield* sealAll
    assert.strictEqual(yield* sign(sealing).pipe(Effect.provide(listening)), size)
    assert.strictEqual(yield* sizeOf(yield* outside, sealing), size)
    assert.match(String(said), /no checkpoints of this log are passed over, 299 of them/)
  }))

test("what the key did sign counts: another tree of that size is not signed, nor published", ({ sealing, outside }) =>
  Effect.gen(function* () {
    const before = yield* outside
    yield* grow(10)
    const size = yield* sealAll
    const root = randomBytes(32)
    const text = Checkpoint.format({ origin, size, root, extensions: [] })
    const { signer } = sealing.keys
    const note = yield* Effect.promise(() => Note.sign(text, signer === undefined ? [] : [signer]))
    yield* plant(size, root, note)
    assert.strictEqual((yield* Effect.flip(sign(sealing)))._tag, "SigningRefused")
    assert.strictEqual(yield* outside, before)
  }))
