/** `paylog prove INV`: one file that shows others what the log has of an invoice, and nothing else of the log. */
import * as Invoice from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import * as Sealer from "@paylog/sealer/environment"
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as ProofFile from "@paylog/sealer/ProofFile"
import * as Note from "@paylog/transparency/Note"
import { Console, Effect, FileSystem, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { json } from "../acting.ts"
import { auditingAll } from "../auditing.ts"
import { busy, failed, refused, usage } from "../Ended.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as print from "../print.ts"

const args = {
  invoice: invoiceHistory.named,
  out: Flag.String("out").pipe(
    Flag.withDescription("The file to write, which must not be there yet. Default: stdout"),
    Flag.optional,
  ),
  key: Flag.String("key").pipe(
    Flag.withDescription(
      "The log's public key, with which the proof is checked before it is written; may be repeated. Default: LOG_VERIFIER_KEYS",
    ),
    Flag.atLeast(0),
  ),
  json,
}

/** A proof that nobody has checked does not leave the house. */
const keysOf = Effect.fnUntraced(function* (given: ReadonlyArray<string>) {
  const named = yield* Effect.forEach(given, (key) =>
    Effect.tryPromise({ try: () => Note.verifier(key), catch: () => usage(`"${key}" is no public key of a log`) }),
  )
  const keys = named.length > 0 ? Sealer.keysOf(named) : Option.getOrUndefined(yield* Sealer.forProving)
  return (
    keys ??
    (yield* usage(
      "A proof is checked before it is written: give the log's public key with --key, or set LOG_VERIFIER_KEYS",
    ))
  )
})

export const prove = Command.make("prove", args, ({ invoice, out, key, json }) =>
  Effect.gen(function* () {
    const { invoiceId, text } = yield* auditingAll(
      Effect.gen(function* () {
        const { invoiceId } = yield* invoiceHistory.read(yield* Database, invoice)
        const keys = yield* keysOf(key)
        const text = yield* ProofFile.prove(Invoice.stream(invoiceId)).pipe(Effect.provideService(LogKeys, keys))
        return { invoiceId, text }
      }),
    ).pipe(
      Effect.catchTags({
        StreamAbsent: ({ message }) => Effect.fail(refused(message)),
        NotSigned: ({ message }) => Effect.fail(busy(message)),
        SealBroken: ({ message }) => Effect.fail(refused(message)),
        TreeDamaged: ({ message }) => Effect.fail(refused(`${message}. "paylog verify" says more`)),
        Undisclosable: ({ message }) => Effect.fail(refused(message)),
      }),
    )
    // A proof is JSON as it is.
    if (Option.isNone(out)) return yield* print.text(text)
    const files = yield* FileSystem.FileSystem
    yield* files
      .writeFileString(out.value, text, { flag: "wx" })
      .pipe(
        Effect.mapError((error) =>
          error.reason._tag === "AlreadyExists"
            ? usage(`${out.value} is there already`)
            : failed(`${out.value} cannot be written: ${error.message}`),
        ),
      )
    if (json) yield* print.json({ invoiceId, file: out.value })
    yield* Console.error(
      `The proof of ${invoiceId} is in ${out.value}. Whoever has it and the log's key checks it with: paylog check ${out.value} --key KEY`,
    )
  }),
).pipe(
  Command.withDescription(
    "Write a proof that an invoice's events are in the signed log: one file for others, with nothing of any other invoice",
  ),
  Command.withExamples([
    {
      command: "paylog prove inv_4f0c… --out proof.json --key shop.example/log+0123abcd+AQ…",
      description: "A file that `paylog check` checks anywhere",
    },
  ]),
)
