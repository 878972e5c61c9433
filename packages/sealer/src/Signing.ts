/** Signs checkpoints and puts them into the checkpoint store: one process at a time, and never against the last one there. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as WorkerRunner from "@paylog/event-store/WorkerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import * as Tree from "@paylog/transparency/Tree"
import { Clock, DateTime, Duration, Effect, Metric, Schedule, Schema } from "effect"
import * as Checkpoints from "./Checkpoints.ts"
import type { Approved, Proposed } from "./LogEvents.ts"
import * as LogHistory from "./LogHistory.ts"
import { LogKeys, openCheckpoint } from "./LogKeys.ts"
import * as Outside from "./Outside.ts"
import { forkPath, OutsideStore } from "./OutsideStore.ts"
import { sha256 } from "./sha256.ts"
import * as Standing from "./Standing.ts"
import * as Tiles from "./Tiles.ts"

export interface Settings {
  /** A checkpoint is signed when so many events were sealed since the last one … */
  readonly every: number
  /** … or one was, and the last checkpoint is so old. */
  readonly after: Duration.Duration
  /** How long a process that falls silent stays the one that signs. Default: 30 s. */
  readonly lease?: Duration.Duration
}

/** Nothing is signed, and why. */
export class SigningRefused extends Schema.TaggedError<SigningRefused>()("SigningRefused", { reason: Schema.String }) {
  override readonly message = `Nothing is signed: ${this.reason}`
}

/** The queue whose keys are origins: whoever holds the item signs. */
export const queue = "checkpoints"
/** A claim signs so long, looking so often, and then gives the item back. */
const slice = Duration.seconds(5)
const look = Duration.millis(500)
/**
 * What two people decided counts so long from its approval: whoever signs acts on it within seconds, and an approval that lies
 * about must not excuse the next loss.
 */
const counts = { hours: 1 }

const isOver = ({ at }: Approved, now: DateTime.DateTime) => DateTime.isLessThan(DateTime.add(at, counts), now)

/** Runs for ever, in any number of processes. */
export const run = Effect.fnUntraced(function* (settings: Settings) {
  const { origin } = yield* LogKeys
  const work = yield* WorkQueue
  yield* work
    .add(yield* Database, queue, [{ key: origin, dueAtMs: yield* Clock.currentTimeMillis }])
    .pipe(Effect.retry(Schedule.spaced("1 second")))
  let complaint: string | undefined
  const complain = (message: string) =>
    Effect.suspend(() => {
      if (complaint === message) return Effect.void
      complaint = message
      return Effect.logError(message)
    })
  const once = signer(settings).pipe(
    Effect.tap(() => Effect.sync(() => (complaint = undefined))),
    Effect.tap(() => Metric.update(refusing, 0)),
    Effect.catchTags({
      SigningRefused: ({ message }) => Effect.andThen(Metric.update(refusing, 1), complain(message)),
      NotOurs: ({ message }) => Effect.andThen(Metric.update(refusing, 1), complain(message)),
      OutsideUnreachable: ({ message }) => complain(message),
      TreeDamaged: ({ message }) => complain(message),
    }),
  )
  return yield* WorkerRunner.run({
    queue,
    concurrency: 1,
    // Whoever is killed is followed after so long. To put all tiles of a long log takes longer, and is gone on with.
    lease: settings.lease ?? "30 seconds",
    retry: { first: "1 second", atMost: "5 seconds" },
    handle: Effect.fnUntraced(function* () {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(slice)
      while ((yield* Clock.currentTimeMillis) < until) {
        yield* once
        yield* Effect.sleep(look)
      }
      return yield* new WorkerRunner.RetryAfter({ afterMs: 0, reason: "goes on" })
    }),
  })
})

/**
 * Makes one that signs and publishes if that is due, publishes what was signed before and is not yet outside, and answers with
 * the size that it published. It remembers what is in the store: while nothing is to be signed, the store is not asked.
 */
export const signer = (settings: Settings) => {
  let published = -1
  let begun: Outside.Begun | undefined
  let told: string | undefined
  return Effect.gen(function* () {
    const { newest: latest, passedOver, problem } = yield* Checkpoints.look
    if (problem !== undefined && problem !== told)
      yield* Effect.logError(
        `Rows that are no checkpoints of this log are passed over, ${passedOver} of them; the largest: ${problem}. Who wrote them?`,
      )
    told = problem
    const sealed = yield* Tiles.size
    yield* Metric.update(unsigned, sealed - (latest?.size ?? 0))
    const due = yield* isDue(latest, sealed, settings)
    if (!due && latest !== undefined && latest.size <= published) return undefined
    const outside = yield* Outside.read
    const next = yield* nextOf(yield* Standing.compare(outside), latest, due)
    if (next !== undefined) {
      if (begun?.size !== next.size || begun.old !== next.from) begun = { size: next.size, old: next.from, tiles: 0 }
      yield* Outside.publish(next, next.from, begun)
      begun = undefined
      yield* Effect.logInfo(`Published the checkpoint of ${next.size} events`)
    }
    published = next?.size ?? outside?.size ?? -1
    return next?.size
  }).pipe(Effect.withSpan("Signing.sign"))
}

const isDue = Effect.fnUntraced(function* (
  latest: Checkpoints.Signed | undefined,
  sealed: number,
  { every, after }: Settings,
) {
  if (latest === undefined) return true
  const age = (yield* Clock.currentTimeMillis) - latest.signedAt.getTime()
  return sealed - latest.size >= every || (sealed > latest.size && age >= Duration.toMillis(after))
})

/**
 * The checkpoint to be published, and from which size on its tiles are to be put; `undefined`: none. One that was signed and
 * is not outside comes before a new one.
 */
const nextOf = Effect.fnUntraced(function* (
  standing: Standing.Standing,
  latest: Checkpoints.Signed | undefined,
  due: boolean,
) {
  switch (standing._tag) {
    case "Agrees": {
      const { outside, sealed } = standing
      const waiting = latest !== undefined && latest.size > outside.size && latest.size <= sealed ? latest : undefined
      if (waiting === undefined && (!due || sealed <= outside.size)) return undefined
      const next = waiting ?? (yield* sign(sealed, []))
      yield* proveConsistent(outside, next)
      return { ...next, from: yield* fromWhere(outside) }
    }
    case "Missing": {
      const adopted = yield* adoption
      if (standing.head > 0n && adopted === undefined)
        return yield* new SigningRefused({ reason: Standing.describe(standing) })
      return { ...(yield* signAnew(standing.sealed, latest, adopted)), from: 0 }
    }
    case "OtherOrigin": {
      const fork = yield* forkFrom(standing.outside, latest)
      if (fork === undefined)
        return yield* new SigningRefused({
          reason: `${Standing.describe(standing)}. Two people say that it goes on from there with "paylog recover --fork", and that counts for an hour`,
        })
      return yield* signFork(fork, standing.outside)
    }
    case "Unsealed":
    case "Shorter":
    case "Differs":
    case "Damaged":
      return yield* new SigningRefused({ reason: Standing.describe(standing) })
  }
})

/** From which size on tiles are to be put: all, when the store has lost those at the edge of what is outside. */
const fromWhere = Effect.fnUntraced(function* (outside: Outside.Outside) {
  if ((yield* Outside.rootOver(outside, outside.size)) !== undefined) return outside.size
  yield* Effect.logWarning("The checkpoint store has lost tiles: all are put there again")
  return 0
})

/** Signs the stored tree of this size, and keeps the checkpoint. One that was signed before stays as it is: nobody signs two trees of one size. */
const sign = Effect.fnUntraced(function* (size: number, extensions: ReadonlyArray<string>) {
  const { origin, signer } = yield* LogKeys
  if (signer === undefined) return yield* new SigningRefused({ reason: "this process has no key" })
  const { query } = yield* Database
  const root = yield* Tiles.rootAt(size)
  const before = yield* signedOf(size, root)
  if (before !== undefined) return before
  const note = yield* Effect.promise(() => Note.sign(Checkpoint.format({ origin, size, root, extensions }), [signer]))
  yield* query(addCheckpoint, [origin, size, root, note, DateTime.toDateUtc(yield* DateTime.now)])
  // Whoever was paused and has lost its lease may have signed at the same moment.
  const signed = yield* signedOf(size, root)
  return signed ?? (yield* new SigningRefused({ reason: `the checkpoint of ${size} events was not kept` }))
})

/** The checkpoint of this tree that was signed. Refused when one of another tree of its size was. */
const signedOf = Effect.fnUntraced(function* (size: number, root: Uint8Array) {
  const held = yield* Checkpoints.heldAt(size)
  if (held.some((one) => !Bytes.equal(one.root, root)))
    return yield* new SigningRefused({ reason: `another tree of ${size} events was signed before` })
  return held[0]
})

/** RFC 6962, section 2.1.2, from what is outside to what is to be. */
const proveConsistent = Effect.fnUntraced(function* (
  outside: Outside.Outside,
  next: { readonly size: number; readonly root: Uint8Array },
) {
  const proof = yield* Tiles.consistencyProof(outside.size, next.size)
  const roots = { old: outside.size, oldRoot: outside.root, size: next.size, root: next.root }
  if (!Tree.checkConsistency(proof, roots, sha256))
    return yield* new SigningRefused({
      reason: `the tree of ${next.size} events does not begin with the outside one of ${outside.size}`,
    })
})

/** The newest that two people decided within the hour, on the tree as it still is. */
const adoption = Effect.gen(function* () {
  const { origin } = yield* LogKeys
  const now = yield* DateTime.now
  let newest: Approved | undefined
  for (const { event, approved } of yield* LogHistory.proposals) {
    if (event._tag !== "AdoptionProposed" || event.origin !== origin || approved === undefined) continue
    if (isOver(approved, now)) continue
    if (newest !== undefined && DateTime.isLessThan(approved.at, newest.at)) continue
    if (Bytes.toBase64(yield* Tiles.rootAt(event.size)) === event.root) newest = approved
  }
  return newest
})

/**
 * The checkpoint for a store that has none. What this log signed last comes first, as long as the tree begins with it; so an
 * adoption opens the way to one tree, however often the checkpoint is lost within the hour.
 */
const signAnew = Effect.fnUntraced(function* (
  sealed: number,
  latest: Checkpoints.Signed | undefined,
  adopted: Approved | undefined,
) {
  if (latest === undefined) return yield* sign(sealed, [])
  if (yield* isBeginning(latest, sealed)) return latest
  if (adopted !== undefined && latest.signedAt.getTime() >= DateTime.toEpochMillis(adopted.at))
    return yield* new SigningRefused({
      reason: `this adoption is used: ${latest.size} events were signed upon it, and the log is another one since`,
    })
  return yield* sign(sealed, [])
})

/** Whether the stored tree, of `sealed` leaves, begins with what was signed. */
const isBeginning = Effect.fnUntraced(function* ({ size, root }: Checkpoints.Signed, sealed: number) {
  return size <= sealed && Bytes.equal(yield* Tiles.rootAt(size), root)
})

interface Fork {
  readonly event: Extract<Proposed, { readonly _tag: "ForkProposed" }>
  readonly approved: Approved
  /** Its checkpoint, when the publication was cut off: then the old tiles by which it was shown may be gone. */
  readonly signed: Checkpoints.Signed | undefined
}

/** The newest fork that two people decided on within the hour, when this checkpoint was outside; or that was signed before. */
const forkFrom = Effect.fnUntraced(function* (outside: Outside.Outside, latest: Checkpoints.Signed | undefined) {
  const { origin } = yield* LogKeys
  const now = yield* DateTime.now
  const extensions = latest === undefined ? [] : (yield* openCheckpoint(latest.note)).extensions
  let newest: Fork | undefined
  for (const { event, approved } of yield* LogHistory.proposals) {
    if (event._tag !== "ForkProposed" || event.origin !== origin || event.checkpoint !== outside.note) continue
    if (approved === undefined) continue
    const signed = extensions.includes(extensionOf(event)) ? latest : undefined
    if (signed !== undefined || !isOver(approved, now)) newest = { event, approved, signed }
  }
  return newest
})

/**
 * What the statement says was kept is shown by the old log's tiles, at the moment of signing. The statement goes first: the new
 * checkpoint names it.
 */
const signFork = Effect.fnUntraced(function* ({ event, approved, signed }: Fork, outside: Outside.Outside) {
  const { signer } = yield* LogKeys
  if (signer === undefined) return yield* new SigningRefused({ reason: "this process has no key" })
  const inside = yield* Standing.compare(undefined)
  if (inside._tag !== "Missing") return yield* new SigningRefused({ reason: Standing.describe(inside) })
  if (signed !== undefined && !(yield* isBeginning(signed, inside.sealed)))
    return yield* new SigningRefused({
      reason: `${signed.size} events were signed as the log that goes on, and the log is another one since`,
    })
  if (signed === undefined && !(yield* Outside.shows(outside, event.kept)))
    return yield* new SigningRefused({
      reason: `it is not shown that both logs have the same first ${event.kept} events, as ${event.proposalId} says: put the old log's tiles back, from a mirror say, and propose what they show; or take the old checkpoint out of the store, and adopt this log without a past`,
    })
  const text = [
    event.origin,
    "paylog-fork/1",
    `This log goes on from event ${event.kept} of ${outside.origin}. Its events from ${event.kept + 1} to ${outside.size} are lost.`,
    `Asked by ${event.by}: ${JSON.stringify(event.reason)}`,
    `Approved by ${approved.by}: ${JSON.stringify(approved.reason)}`,
    "The last checkpoint of the log before:",
    outside.note,
  ].join("\n")
  const note = yield* Effect.promise(() => Note.sign(text, [signer]))
  yield* (yield* OutsideStore).write(forkPath(event.proposalId), new TextEncoder().encode(note))
  const next = signed ?? (yield* sign(inside.sealed, [extensionOf(event)]))
  return { ...next, from: Math.min(event.kept, next.size) }
})

const extensionOf = ({ proposalId }: Fork["event"]) => `fork ${forkPath(proposalId)}`

const addCheckpoint = Statement.fromFile(new URL("../sql/seal/add-checkpoint.sql", import.meta.url))

const unsigned = Metric.gauge("paylog_checkpoint_unsigned_events", {
  description: "Sealed events that no checkpoint holds yet: until one does, nothing protects them",
})
const refusing = Metric.gauge("paylog_checkpoint_signing_refused", {
  description: "1 while this process signs nothing, since the log does not agree with what was signed",
})
