/** What seals the log: the settings and the key of this environment, the checkpoint store, and how old the newest checkpoint is. */
import type { Database } from "@paylog/event-store/Database"
import type { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import { describe } from "@paylog/process/configError"
import * as Checkpoints from "@paylog/sealer/Checkpoints"
import * as Sealer from "@paylog/sealer/environment"
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as Outside from "@paylog/sealer/Outside"
import * as Sealing from "@paylog/sealer/Sealing"
import * as Standing from "@paylog/sealer/Standing"
import { Config, Duration, Effect, FileSystem, Option, Result } from "effect"
import { isForbidden } from "../acting.ts"
import * as print from "../print.ts"
import { ask, isThere, notSeen } from "./asking.ts"
import { type Finding, unseen, warning, well, wrong } from "./Finding.ts"

type Findings = ReadonlyArray<Finding>

/** The newest checkpoint may be so much older than what it lacks, or twice `LOG_CHECKPOINT_AFTER` when that is longer. */
const sealedMs = 600_000

export const check: Effect.Effect<
  Findings,
  StoreUnavailable | Config.ConfigError,
  Database | EventStore | FileSystem.FileSystem
> = Effect.gen(function* () {
  const sealed = yield* Effect.result(Sealer.forChecking)
  if (Result.isFailure(sealed))
    return [wrong("sealing", describe(sealed.failure), "docs/operations.md, Sealing"), ...(yield* signed(sealedMs))]
  const sealing = Option.getOrUndefined(sealed.success)
  if (sealing === undefined)
    return [
      warning(
        "sealing",
        "LOG_ORIGIN is not set: a process with this environment signs no checkpoint, and would not notice that the log was put back",
        "paylog keys generate --origin NAME --out FILE; then set LOG_ORIGIN, LOG_SIGNING_KEY_FILE and CHECKPOINT_STORE: docs/operations.md, Sealing",
      ),
      ...(yield* signed(sealedMs)),
    ]
  const longest = Math.max(sealedMs, 2 * Duration.toMillis(sealing.signing.after))
  const compared = (yield* isThere("transparency.tiles")) ? yield* store(sealing) : []
  return [...(yield* key(sealing)), ...compared, ...(yield* signed(longest, sealing))]
})

/** Whoever has the signing key can sign another history. */
const key = Effect.fnUntraced(function* ({ keys: { origin, signer } }: Sealer.Sealing) {
  const file = yield* Config.option(Config.String("LOG_SIGNING_KEY_FILE"))
  if (signer === undefined || Option.isNone(file))
    return [
      warning(
        "signing key",
        `There is none of ${origin} here: a process with this environment checks the log, and signs nothing`,
        "Right for a bot. For an ingester set LOG_SIGNING_KEY_FILE; a new key: paylog keys generate",
      ),
    ]
  const { mode } = yield* FileSystem.FileSystem.use(({ stat }) => stat(file.value)).pipe(Effect.orDie)
  return (mode & 0o077) === 0
    ? [well("signing key", `It is that of ${origin}, and nobody else may read its file`)]
    : [
        wrong(
          "signing key",
          "Others on this machine may read or change LOG_SIGNING_KEY_FILE",
          `chmod 600 ${file.value}; if somebody may have read it, a new key: docs/operations.md, Sealing`,
        ),
      ]
})

/** The log against what the store outside has of it, as every process does before it writes. */
const store = (sealing: Sealer.Sealing) =>
  Effect.gen(function* () {
    const standing = yield* Effect.flatMap(Outside.read, Standing.compare)
    const what = Standing.describe(standing)
    if (standing._tag === "Agrees" || what === Standing.notYetSigned) return [well("checkpoint store", what)]
    return [
      wrong(
        "checkpoint store",
        what,
        standing._tag === "Missing"
          ? "Is CHECKPOINT_STORE the right place? Until that is settled nothing is written: docs/operations.md, Sealing"
          : standing._tag === "Unsealed"
            ? "Is an ingester running? It seals; until then nothing is written"
            : "Nothing is written. Keep the database and the store as they are, and run paylog verify: docs/operations.md, Sealing",
      ),
    ]
  }).pipe(
    Effect.catchTags({
      OutsideUnreachable: ({ message }) =>
        Effect.succeed([
          wrong(
            "checkpoint store",
            message,
            "Is CHECKPOINT_STORE right, and may this login read it? A process that starts now writes nothing until it answers",
          ),
        ]),
      NotOurs: ({ message }) =>
        Effect.succeed([
          wrong(
            "checkpoint store",
            message,
            "Is it the store of another log? A key that was replaced belongs into LOG_VERIFIER_KEYS",
          ),
        ]),
    }),
    Effect.catchDefect((defect) =>
      isForbidden(defect) ? Effect.succeed(notSeen("checkpoint store")) : Effect.die(defect),
    ),
    Effect.provide(Sealing.outside(sealing)),
  )

/** By what the database has: somebody has to sign, whatever this environment may. Without a key, any row is believed. */
const signed = Effect.fnUntraced(function* (longestMs: number, sealing?: Sealer.Sealing) {
  if (!(yield* isThere("transparency.checkpoints")))
    return [unseen("checkpoints", "There is no table of them yet", "Start the ingester once with DATABASE_OWNER_URL")]
  const looked = sealing === undefined ? undefined : yield* look(sealing)
  if (looked === "forbidden") return notSeen("checkpoints")
  const [row] =
    (yield* ask<{ readonly isSigned: boolean; readonly unsigned: bigint; readonly ageMs: number }>(
      checkpointsStatement,
      [looked?.newest?.size ?? null, looked === undefined],
    )) ?? []
  if (row === undefined) return notSeen("checkpoints")
  const { isSigned, unsigned, ageMs } = row
  if (looked?.problem !== undefined)
    return [
      wrong(
        "checkpoints",
        `${print.count(looked.passedOver, "row")} of transparency.checkpoints ${looked.passedOver === 1 ? "is no checkpoint" : "are no checkpoints"} of this log: ${looked.problem}`,
        "They are passed over. Find out which login wrote them, and delete them as the owner: docs/operations.md, Sealing",
      ),
    ]
  if (!isSigned && unsigned > 0n)
    return [
      warning(
        "checkpoints",
        "No checkpoint was ever signed: nobody could show that the past was rewritten",
        "Start an ingester with LOG_ORIGIN, LOG_SIGNING_KEY_FILE and CHECKPOINT_STORE",
      ),
    ]
  return ageMs > longestMs
    ? [
        wrong(
          "checkpoints",
          `No checkpoint holds the last ${print.count(unsigned, "event")}, the oldest for ${print.duration(ageMs)}`,
          "Is an ingester with LOG_SIGNING_KEY_FILE running, and what does its log say?",
        ),
      ]
    : [
        well(
          "checkpoints",
          unsigned === 0n
            ? "The newest one holds every event"
            : `${print.count(unsigned, "event")} ${unsigned === 1n ? "waits" : "wait"} for the next one, for ${print.duration(ageMs)} at most`,
        ),
      ]
})

const look = ({ keys }: Sealer.Sealing) =>
  Checkpoints.look.pipe(
    Effect.provideService(LogKeys, keys),
    Effect.catchDefect((defect) => (isForbidden(defect) ? Effect.succeed("forbidden" as const) : Effect.die(defect))),
  )

const checkpointsStatement = Statement.fromFile(new URL("../../sql/doctor/checkpoints.sql", import.meta.url))
