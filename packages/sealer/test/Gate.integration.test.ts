/** What the outside checkpoint holds against the log, and what two people may decide. */
import { assert, it } from "@effect/vitest"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { DateTime, Effect, type Layer, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Checkpoints from "../src/Checkpoints.ts"
import type { Sealing } from "../src/environment.ts"
import { Gate } from "../src/Gate.ts"
import * as LogEvents from "../src/LogEvents.ts"
import * as LogHistory from "../src/LogHistory.ts"
import * as Sealed from "../src/Sealing.ts"
import * as Standing from "../src/Standing.ts"
import * as Outside from "../src/Outside.ts"
import * as Tiles from "../src/Tiles.ts"
import {
  act,
  type Ago,
  behindGate,
  cutTail,
  folder,
  origin,
  reseal,
  sealAll,
  sealing,
  sign,
  signedLog,
} from "./support/sealed.ts"
import { eventually, grow, superuser, World, world } from "./support/world.ts"

/** A test with a database and a store of its own. */
const test = <E>(
  title: string,
  body: (it: {
    readonly path: string
    readonly sealing: Sealing
  }) => Effect.Effect<void, E, Layer.Success<typeof world> | SecureRandom.SecureRandom | Scope.Scope>,
) =>
  it.live(title, () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* body({ path, sealing: yield* sealing(path) })
    }).pipe(Effect.scoped, Effect.provide([world, SecureRandom.layerWebCrypto], { local: true })),
  )

/** What the gate says to an append; undefined when it lets it through. */
const refusal = (sealing: Sealing) =>
  Effect.gen(function* () {
    const { url } = yield* World
    return yield* behindGate(
      url,
      sealing,
      grow(1).pipe(
        Effect.as(undefined),
        Effect.catchTag("StoreUnavailable", ({ reason }) => Effect.succeed(reason)),
      ),
    )
  })

const standing = (sealing: Sealing) =>
  Effect.flatMap(Outside.read, Standing.compare).pipe(Effect.provide(Sealed.outside(sealing), { local: true }))

const newest = (sealing: Sealing) => Effect.provide(Checkpoints.newest, Sealed.outside(sealing), { local: true })

test("an empty log is signed first, and only then written to", ({ sealing }) =>
  Effect.gen(function* () {
    assert.match((yield* refusal(sealing)) ?? "", /the log is empty, and its first checkpoint is not yet/)
    assert.strictEqual(yield* sign(sealing), 0)
    assert.strictEqual(yield* refusal(sealing), undefined)
  }))

test("checkpoints are signed as the log grows, each consistent with the one before", ({ path, sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* grow(5)
    const size = yield* sealAll
    yield* sign(sealing)
    const note = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    const { text } = yield* Effect.promise(() => Note.open(note, sealing.keys.verifiers))
    const { root, ...rest } = Checkpoint.parse(text)
    assert.deepStrictEqual(rest, { origin, size, extensions: [] })
    assert.deepStrictEqual(root, Uint8Array.from(yield* Tiles.rootAt(size)))
    assert.lengthOf(yield* Checkpoints.list(origin, -1, 10), 3)
    assert.strictEqual((yield* newest(sealing))?.size, size)
    assert.strictEqual((yield* standing(sealing))._tag, "Agrees")
    // Partial tiles that are full by now are gone.
    assert.notInclude(yield* Effect.promise(() => readdir(join(path, "tile/0"))), "000.p")
  }))

test("tiles that the store has lost are put again with the next checkpoint", ({ path, sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* Effect.promise(() => rm(join(path, "tile"), { recursive: true }))
    yield* grow(5)
    const size = yield* sealAll
    assert.strictEqual(yield* sign(sealing), size)
    const paths = ["tile/0/000", "tile/0/001", `tile/0/002.p/${size - 512}`, "tile/1/000.p/2"]
    for (const tile of paths) assert.isTrue(existsSync(join(path, tile)), tile)
    // The control: what is there is not put again.
    yield* Effect.promise(() => rm(join(path, "tile/0/000")))
    yield* grow(5)
    yield* Effect.andThen(sealAll, sign(sealing))
    assert.isFalse(existsSync(join(path, "tile/0/000")))
  }))

test("a log whose tail was cut, with its tree, is not written to, and the position is named", ({ sealing }) =>
  Effect.gen(function* () {
    const size = yield* signedLog(sealing)
    yield* cutTail(size - 9)
    yield* reseal
    assert.match(
      (yield* refusal(sealing)) ?? "",
      new RegExp(
        `ends at position ${size - 10}, and ${size} events were sealed: it differs from position ${size - 9} on`,
      ),
    )
    const refused = yield* Effect.flip(sign(sealing))
    assert.strictEqual(refused._tag, "SigningRefused")
  }))

test("so is one of which only the events were cut, and one that has grown again since", ({ sealing }) =>
  Effect.gen(function* () {
    const size = yield* signedLog(sealing)
    yield* cutTail(size - 4)
    assert.match((yield* refusal(sealing)) ?? "", new RegExp(`differs from position ${size - 4} on`))
    yield* grow(10)
    assert.match((yield* refusal(sealing)) ?? "", new RegExp(`differs from position ${size - 4} on`))
    // Sealed anew with what came since, it is longer than the outside checkpoint, and another log.
    yield* reseal
    assert.match(
      (yield* refusal(sealing)) ?? "",
      new RegExp(`is not the one of which ${size} events were sealed: it differs from position ${size - 4} on`),
    )
  }))

test("an event that was rewritten and sealed anew is named, and nothing is signed", ({ sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* superuser("update paylog.events set data = '{\"n\":99}' where position = 123")
    // The tree as it was hides it from the gate; `verify` would find it.
    assert.strictEqual(yield* refusal(sealing), undefined)
    yield* reseal
    assert.match((yield* refusal(sealing)) ?? "", /differs from position 123 on/)
    assert.strictEqual((yield* Effect.flip(sign(sealing)))._tag, "SigningRefused")
  }))

test("a checkpoint that another key has signed binds nobody and opens nothing", ({ path, sealing: own }) =>
  Effect.gen(function* () {
    yield* signedLog(own)
    const stolen = yield* sealing(path)
    yield* grow(1)
    yield* sealAll
    assert.match((yield* Effect.flip(sign(stolen))).message, /not signed by a key of this log/)
    yield* Effect.promise(() => rm(join(path, "checkpoint")))
    yield* adopt(stolen)
    yield* sealAll
    yield* sign(stolen)
    assert.match((yield* refusal(own)) ?? "", /not signed by a key of this log/)
  }))

const propose = Effect.fnUntraced(function* (sealing: Sealing, by: string, id = "pro_1", ago: Ago = {}) {
  const size = yield* Tiles.size
  const root = Bytes.toBase64(yield* Tiles.rootAt(size))
  const what = { _tag: "AdoptionProposed", origin: sealing.keys.origin, size, root } as const
  return yield* LogHistory.propose(id, what, yield* act(by, ago))
})

const adopt = Effect.fnUntraced(function* (sealing: Sealing, id = "pro_1", ago: Ago = {}) {
  const proposed = yield* propose(sealing, "stf_a", id, ago)
  yield* LogHistory.approve(id, LogEvents.digestOf(proposed), yield* act("stf_b", ago))
})

test("a missing checkpoint closes the gate, until two people have adopted the log", ({ path, sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* Effect.promise(() => rm(join(path, "checkpoint")))
    assert.match((yield* refusal(sealing)) ?? "", /two people say so with "paylog checkpoint adopt"/)
    assert.strictEqual((yield* Effect.flip(sign(sealing)))._tag, "SigningRefused")

    const digest = LogEvents.digestOf(yield* propose(sealing, "stf_a"))
    const alone = yield* Effect.flip(LogHistory.approve("pro_1", digest, yield* act("stf_a")))
    assert.match(alone.message, /another person has to approve it/)
    const blind = yield* Effect.flip(LogHistory.approve("pro_1", "0".repeat(64), yield* act("stf_b")))
    assert.match(blind.message, /digest/)
    yield* sealAll
    assert.match((yield* refusal(sealing)) ?? "", /adopt/)

    yield* LogHistory.approve("pro_1", digest, yield* act("stf_b"))
    const size = yield* sealAll
    yield* sign(sealing)
    assert.strictEqual(yield* sign(sealing), size)
    assert.strictEqual(yield* refusal(sealing), undefined)
    const [proposal] = yield* LogHistory.proposals
    assert.deepInclude(proposal?.approved, { by: "stf_b" })
  }))

test("an adoption opens the way to one tree: lost again, the same checkpoint is put back; a log rewritten since is refused", ({
  path,
  sealing,
}) =>
  Effect.gen(function* () {
    const lose = Effect.promise(() => rm(join(path, "checkpoint")))
    const noteOutside = Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    yield* signedLog(sealing)
    yield* lose
    yield* adopt(sealing)
    // What was signed last is put back first, then what came since.
    const before = yield* newest(sealing)
    yield* sealAll
    assert.strictEqual(yield* sign(sealing), before?.size)
    assert.strictEqual(yield* noteOutside, before?.note)
    yield* grow(20)
    const size = yield* sealAll
    assert.strictEqual(yield* sign(sealing), size)
    const upon = yield* noteOutside

    yield* lose
    assert.strictEqual(yield* sign(sealing), size)
    assert.strictEqual(yield* noteOutside, upon)

    yield* lose
    yield* superuser(`update paylog.events set data = '{"n":99}' where position = ${size}`)
    yield* reseal
    assert.match((yield* Effect.flip(sign(sealing))).message, /this adoption is used/)
    // The control: another adoption, of the log as it is now, is signed upon.
    yield* adopt(sealing, "pro_2")
    assert.strictEqual(yield* Effect.andThen(sealAll, sign(sealing)), size + 2)
  }))

test("an adoption counts for an hour from its approval", ({ path, sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* Effect.promise(() => rm(join(path, "checkpoint")))
    yield* adopt(sealing, "pro_1", { minutes: 61 })
    yield* sealAll
    assert.match((yield* Effect.flip(sign(sealing))).message, /two people say so/)
    yield* adopt(sealing, "pro_2", { minutes: 59 })
    yield* sealAll
    assert.isDefined(yield* sign(sealing))
  }))

test("an approval that got into the log past its rule is none", ({ path, sealing }) =>
  Effect.gen(function* () {
    yield* signedLog(sealing)
    yield* Effect.promise(() => rm(join(path, "checkpoint")))
    const proposed = yield* propose(sealing, "stf_a")
    const { type, data } = LogEvents.encode({
      _tag: "CheckpointAdopted",
      proposalId: "pro_1",
      digest: LogEvents.digestOf(proposed),
      by: "stf_a",
      reason: "me again",
      approvedAt: yield* DateTime.now,
    })
    const event = { id: randomUUID(), type, data, schemaVersion: 1, metadata: "{}" }
    yield* (yield* EventStore).append({ key: "forged", streams: [{ stream: "log", expected: "any", events: [event] }] })
    yield* sealAll
    assert.strictEqual((yield* Effect.flip(sign(sealing)))._tag, "SigningRefused")
  }))

test("a tail that was lost is documented as a new log, which begins with the old checkpoint", ({
  path,
  sealing: old,
}) =>
  Effect.gen(function* () {
    const size = yield* signedLog(old)
    const checkpoint = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    yield* cutTail(size - 9)
    yield* reseal
    const next = yield* sealing(path, { origin: "test.example/log-2", known: old.keys.verifiers })
    assert.match((yield* refusal(next)) ?? "", /is of the log test.example\/log, and this one is test.example\/log-2/)
    assert.strictEqual((yield* Effect.flip(sign(next)))._tag, "SigningRefused")

    const what = { _tag: "ForkProposed", origin: next.keys.origin, kept: size - 10, checkpoint } as const
    const digest = LogEvents.digestOf(yield* LogHistory.propose("pro_2", what, yield* act("stf_a")))
    yield* LogHistory.approve("pro_2", digest, yield* act("stf_b"))
    const now = yield* sealAll
    assert.strictEqual(yield* sign(next), now)

    const note = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    const { text } = yield* Effect.promise(() => Note.open(note, next.keys.verifiers))
    assert.deepStrictEqual(Checkpoint.parse(text).extensions, ["fork forks/pro_2"])
    const statement = yield* Effect.promise(() => readFile(join(path, "forks/pro_2"), "utf8"))
    const opened = yield* Effect.promise(() => Note.open(statement, next.keys.verifiers.slice(0, 1)))
    assert.include(opened.text, checkpoint)
    assert.include(opened.text, `Its events from ${size - 9} to ${size} are lost.`)
    assert.strictEqual(yield* refusal(next), undefined)
    assert.match((yield* refusal(old)) ?? "", /not signed by a key of this log/)
    // The tiles outside are those of the new log.
    const published = yield* Outside.read.pipe(Effect.provide(Sealed.outside(next), { local: true }))
    assert.isTrue(published !== undefined && (yield* Outside.shows(published, now).pipe(Effect.provide(next.store))))
  }))

test("a gate closes within its period when the log goes back, and the store's outage alone does not close it", ({
  path,
  sealing,
}) =>
  Effect.gen(function* () {
    const { url } = yield* World
    const size = yield* signedLog(sealing)
    yield* behindGate(
      url,
      sealing,
      Effect.gen(function* () {
        const { check } = yield* Gate
        yield* check
        // A folder in its place cannot be read.
        const [file, aside] = [join(path, "checkpoint"), join(path, "aside")]
        yield* Effect.promise(() => rename(file, aside).then(() => mkdir(file)))
        const again = yield* refusal(sealing)
        assert.match(again ?? "", /checkpoint store is out of reach/, "for a process that has never read it")
        yield* check
        yield* grow(1)
        yield* cutTail(size)
        const reason = yield* eventually(
          check.pipe(
            Effect.as(""),
            Effect.catch(({ reason }) => Effect.succeed(reason)),
          ),
          (reason) => reason !== "",
        )
        assert.match(reason, new RegExp(`differs from position ${size} on`), "the checkpoint that was seen still binds")
      }),
    )
  }))

test("a checkpoint that is missing for a while takes nothing back of what was seen", ({ path, sealing }) =>
  Effect.gen(function* () {
    const { url } = yield* World
    const file = join(path, "checkpoint")
    const old = yield* signedLog(sealing)
    const oldNote = yield* Effect.promise(() => readFile(file, "utf8"))
    yield* grow(10)
    const size = yield* sealAll
    yield* sign(sealing)
    yield* behindGate(
      url,
      sealing,
      Effect.gen(function* () {
        const { check } = yield* Gate
        yield* check
        const reason = check.pipe(
          Effect.as(""),
          Effect.catch(({ reason }) => Effect.succeed(reason)),
        )
        yield* Effect.promise(() => rm(file))
        yield* eventually(reason, (reason) => reason.includes("has no checkpoint"))
        // An old backup, and the checkpoint of then.
        yield* cutTail(old + 1)
        yield* reseal
        yield* Effect.promise(() => writeFile(file, oldNote))
        assert.match(
          yield* eventually(reason, (reason) => !reason.includes("has no checkpoint")),
          new RegExp(`ends at position ${old}, and ${size} events were sealed`),
        )
      }),
    )
  }))
