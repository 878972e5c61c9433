/** `paylog export FOLDER`: the log, the invoices and the ledger, for whoever checks them elsewhere. */
import { Console, Effect, FileSystem } from "effect"
import { Argument, Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import { failed, refused } from "../Ended.ts"
import { write } from "../export/export.ts"
import * as print from "../print.ts"
import * as ProgressLine from "../ProgressLine.ts"

const args = {
  folder: Argument.String("folder").pipe(Argument.withDescription("Where to: a folder that is not there yet")),
  json,
}

export const exportAll = Command.make("export", args, ({ folder, json }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const cannot = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>) =>
      Effect.mapError(effect, ({ message }) => failed(`${folder} cannot be made: ${message}`))
    if (yield* cannot(fs.exists(folder))) return yield* refused(`${folder} is there already: nothing is overwritten`)
    // What bears the name is whole.
    const partial = `${folder}.partial`
    yield* cannot(fs.makeDirectory(partial, { recursive: true }))
    const exported = yield* auditing((sql) =>
      ProgressLine.during("export", (tell) => Effect.scoped(write(sql, partial, tell))),
    ).pipe(Effect.onError(() => Effect.ignore(fs.remove(partial, { recursive: true }))))
    yield* cannot(fs.rename(partial, folder))
    const { position, invoicesAt, ledgerAt, parked, rows, totals, files } = exported
    if (json) yield* print.json({ folder, ...exported })
    else {
      yield* print.line(
        `${folder}: ${files.length} files, as of position ${print.number(position)}: ${Object.entries(rows)
          .map(([name, count]) => `${print.number(count)} of ${name}`)
          .join(", ")}`,
      )
      if (totals.length > 0) {
        yield* print.line("")
        yield* print.table(
          ["TABLE", "COLUMN", "ROWS", "SUM", ""],
          totals.map(({ table, column, currency, rows, sum }) => [table, column, print.number(rows), sum, currency]),
          { right: [2, 3] },
        )
      }
    }
    if (invoicesAt < position || ledgerAt < position || parked > 0n)
      yield* Console.error(
        `The read models are not at the log's end: invoices at position ${invoicesAt}, the ledger at ${ledgerAt}, ${parked} parked streams. See "paylog followers"`,
      )
  }),
).pipe(
  Command.withDescription(
    "Write the log, the invoices and the ledger into a folder: CSV and JSON lines, a schema, control totals, a SHA-256 manifest",
  ),
  Command.withExamples([
    { command: "paylog export march", description: "All of one moment; no personal data: ids are random" },
    { command: "cd march && sha256sum -c SHA256SUMS", description: "Whether the files are as they were written" },
  ]),
)
