/** `paylog verify`: whether the log is what was recorded and signed. Trusts nothing in the database but the bytes of events. */
import { check, type Given, type Result } from "@paylog/auditing/check"
import * as checkpoints from "@paylog/auditing/checkpoints"
import type * as evidence from "@paylog/auditing/evidence"
import * as environment from "@paylog/event-store/environment"
import { requireCurrent } from "@paylog/event-store/Migrations"
import { migrations } from "@paylog/sealer/migrations"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import { Malformed } from "@paylog/transparency/Malformed"
import * as Note from "@paylog/transparency/Note"
import { Effect, FileSystem, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { json } from "../acting.ts"
import { auditingAll } from "../auditing.ts"
import { different, failed, refused, usage } from "../Ended.ts"
import { readText } from "../files.ts"
import * as print from "../print.ts"
import * as ProgressLine from "../ProgressLine.ts"
import * as report from "../verifyReport.ts"

const flags = {
  key: Flag.String("key").pipe(
    Flag.withDescription("The log's public key, as `paylog keys generate` printed it; may be given several times"),
    Flag.atLeast(0),
  ),
  keys: Flag.String("keys").pipe(
    Flag.withDescription("A file with the provider's store keys, one a line, perhaps after its id and a space"),
    Flag.optional,
  ),
  checkpoint: Flag.String("checkpoint").pipe(
    Flag.withDescription("A file with a checkpoint that was kept outside; may be given several times"),
    Flag.atLeast(0),
  ),
  since: Flag.String("since").pipe(
    Flag.withDescription("A file with a checkpoint that you trust: only what came later is looked at"),
    Flag.optional,
  ),
  save: Flag.String("save").pipe(
    Flag.withDescription("Write what was verified, as far as it is sealed, to this file, for --since of the next time"),
    Flag.optional,
  ),
  json,
}

export const verify = Command.make("verify", flags, ({ json, save, ...flags }) =>
  Effect.gen(function* () {
    const given = yield* read(flags)
    const { url, pooler = false } = yield* environment.environment
    yield* requireCurrent({ url, pooler }, [migrations]).pipe(
      Effect.catchTags({
        SchemaBehind: ({ message }) => Effect.fail(refused(message)),
        SchemaDiffers: ({ message }) => Effect.fail(refused(message)),
      }),
    )
    const result = yield* ProgressLine.during("verify", (tell) => auditingAll(check(given, tell))).pipe(
      Effect.catchTag("OtherTree", ({ size }) =>
        Effect.fail(
          different(
            `The stored tree is not the one that you trust: at ${size} events it has another root. Run it without --since, and with --checkpoint: that says where`,
          ),
        ),
      ),
    )
    yield* json ? print.json(report.json(result)) : print.text(report.text(result))
    if (result.findings.count > 0)
      return yield* different(`${print.count(result.findings.count, "finding")}: the log is not what was recorded`)
    const unused = unusedKeys(given, result)
    if (unused !== undefined) return yield* different(unused)
    if (Option.isSome(save)) yield* keep(save.value, result)
  }),
).pipe(
  Command.withDescription(
    "Check the whole log: every stored byte, the tree, checkpoints, order, guards, and what each payment rests on",
  ),
  Command.withExamples([
    {
      command: "paylog verify --key shop.example/log+8d2f…+AW… --keys store-keys.txt",
      description: "All of it, with signatures",
    },
    {
      command: "paylog verify --since trusted.txt --save trusted.txt",
      description: "What is new since the last time",
    },
  ]),
)

/** Whoever gives a key wants to know whether it holds: one under which nothing does is most often a wrong one. */
const unusedKeys = ({ keys, storeKeys }: Given, { head, start, checkpoints: signed, evidences }: Result) => {
  const isSigned = (one: checkpoints.Signature) => signed.some(({ signature }) => signature === one)
  if (keys.length > 0 && !isSigned("Valid") && (isSigned("KeyNotSupplied") || (start === 0 && head > 0)))
    return "No checkpoint is signed by a key that you gave with --key: the signatures are not checked"
  const payments = (one: evidence.Verdict) => evidences.counts.get(one) ?? 0
  if (storeKeys.length > 0 && payments("Valid") === 0 && payments("KeyNotSupplied") > 0)
    return "No payment's delivery is signed with a key of --keys: their signatures are not checked"
  return undefined
}

// -- Files.

const read = Effect.fnUntraced(function* (given: {
  readonly key: ReadonlyArray<string>
  readonly keys: Option.Option<string>
  readonly checkpoint: ReadonlyArray<string>
  readonly since: Option.Option<string>
}) {
  // One that is given twice would be none: nobody could tell which of the two has signed.
  const keys = yield* Effect.forEach(new Set(given.key), (key) =>
    Effect.tryPromise({
      try: () => Note.verifier(key),
      catch: (error) => {
        if (!(error instanceof Malformed)) throw error
        return usage(`"${key}" is no public key of a log: ${error.message}`)
      },
    }),
  )
  const storeKeys = Option.isNone(given.keys) ? [] : yield* readKeys(given.keys.value)
  const outside = yield* Effect.forEach(given.checkpoint, (file) => readNote(file, keys))
  const since = Option.isNone(given.since) ? undefined : yield* readTrusted(given.since.value, keys)
  const all: Given = { keys, storeKeys, outside, since }
  return all
})

const readNote = Effect.fnUntraced(function* (file: string, keys: ReadonlyArray<Note.Verifier>) {
  const given = yield* checkpoints.open(file, yield* readText(file), keys)
  return given ?? (yield* usage(`${file} is no signed checkpoint`))
})

/** A signed checkpoint, or what `--save` wrote. */
const readTrusted = Effect.fnUntraced(function* (file: string, keys: ReadonlyArray<Note.Verifier>) {
  const text = yield* readText(file)
  if (text.includes("\n\n")) {
    const { checkpoint, signature } = yield* readNote(file, keys)
    if (signature === "Invalid") return yield* different(`The signature in ${file} does not hold`)
    if (signature === "KeyNotSupplied" && keys.length > 0)
      return yield* different(`${file} is not signed by a key that you gave with --key`)
    return checkpoint
  }
  return yield* Effect.try({
    try: () => Checkpoint.parse(text),
    catch: (error) => {
      if (!(error instanceof Malformed)) throw error
      return usage(`${file} is no checkpoint: ${error.message}`)
    },
  })
})

/** "SECRET", or "KEY_ID SECRET", a line each. No line is ever shown. */
const readKeys = Effect.fnUntraced(function* (file: string) {
  const lines = (yield* readText(file)).split("\n").map((line) => line.trim())
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): evidence.Key => {
      const [first = "", second] = line.split(/\s+/)
      return second === undefined
        ? { id: undefined, secret: Redacted.make(first) }
        : { id: first, secret: Redacted.make(second) }
    })
})

/** What is sealed by now: of what is not, nobody can show later that it was the same. */
const keep = Effect.fnUntraced(function* (file: string, { sealed, sealedRoot, checkpoints: signed }: Result) {
  if (sealedRoot === undefined) return
  const { writeFileString } = yield* FileSystem.FileSystem
  const origin = signed.at(-1)?.origin ?? "unsigned"
  yield* writeFileString(file, Checkpoint.format({ origin, size: sealed, root: sealedRoot, extensions: [] })).pipe(
    Effect.mapError(({ message }) => failed(`${file} cannot be written: ${message}`)),
  )
})
