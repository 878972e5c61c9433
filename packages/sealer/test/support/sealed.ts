/** A log that is sealed and signed, with its store in a folder of its own. */
import { EventStore } from "@paylog/event-store/EventStore"
import * as Note from "@paylog/transparency/Note"
import { assert } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, type Redacted } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Sealing } from "../../src/environment.ts"
import * as Gate from "../../src/Gate.ts"
import { layerFolder } from "../../src/OutsideStore.ts"
import * as Sealer from "../../src/Sealer.ts"
import * as Sealed from "../../src/Sealing.ts"
import * as Signing from "../../src/Signing.ts"
import * as Tiles from "../../src/Tiles.ts"
import { eventually, grow, run, services, superuser } from "./world.ts"

export const origin = "test.example/log"

export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-checkpoints-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

/** With a new key, unless one is given. */
export const sealing = Effect.fnUntraced(function* (
  path: string,
  options: {
    readonly origin?: string
    readonly signerKey?: string
    readonly known?: ReadonlyArray<Note.Verifier>
  } = {},
) {
  const name = options.origin ?? origin
  const signerKey = options.signerKey ?? (yield* Effect.promise(() => Note.generate(name))).signerKey
  const signer = yield* Effect.promise(() => Note.signer(signerKey))
  const verifier = yield* Effect.promise(() => Note.verifier(signer.verifierKey))
  const made: Sealing = {
    keys: { origin: name, signer, verifiers: [verifier, ...(options.known ?? [])] },
    store: layerFolder(path),
    signing: { every: 50, after: Duration.millis(200), lease: Duration.seconds(6) },
  }
  return made
})

/** Seals up to the log's end, and stops. */
export const sealAll = Effect.gen(function* () {
  const head = yield* (yield* EventStore).head
  yield* Effect.raceFirst(
    Sealer.run({ gather: "5 millis", page: 300 }),
    eventually(Tiles.size, (size) => size === Number(head)),
  )
  return Number(head)
})

/** Signs and publishes what there is, and answers with the size; fails as the signer does. */
export const sign = (sealing: Sealing) =>
  Signing.signer({ every: 1, after: Duration.zero }).pipe(Effect.provide(Sealed.outside(sealing), { local: true }))

/** Appends as a process of its own would, behind the gate. */
export const behindGate = <A, E, R>(
  url: Redacted.Redacted,
  { keys, store }: Sealing,
  use: Effect.Effect<A, E, R | EventStore>,
  options: Gate.Options = { every: "50 millis", again: "50 millis" },
) =>
  use.pipe(
    Effect.provide(
      Gate.layer(options).pipe(
        Layer.provideMerge(Sealed.outside({ keys, store, signing: { every: 1, after: Duration.zero } })),
        Layer.provideMerge(services(url)),
      ),
      { local: true },
    ),
  )

/** A log of about 600 events, sealed and signed to its end. */
export const signedLog = Effect.fnUntraced(function* (sealing: Sealing) {
  yield* sign(sealing)
  yield* grow(300)
  const size = yield* sealAll
  assert.strictEqual(yield* sign(sealing), size)
  return size
})

/** As a superuser may. */
export const cutTail = (from: number) => superuser(`delete from paylog.events where position >= ${from}`)

/** The tree made anew of the events as they are, as whoever has the database may. */
export const reseal = Effect.gen(function* () {
  yield* run("delete from transparency.tiles")
  yield* run("delete from transparency.entries")
  yield* run("delete from transparency.column_sums")
  yield* run("delete from paylog.bookmarks where follower = 'sealer'")
  return yield* sealAll
})

/** Before now. */
export type Ago = { readonly minutes?: number }

/** A person's word. */
export const act = Effect.fnUntraced(function* (by: string, ago: Ago = {}) {
  return { by, reason: "a reason", at: DateTime.subtract(yield* DateTime.now, ago), metadata: "{}" }
})
