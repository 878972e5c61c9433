/** `paylog explain INV`: in plain sentences why the invoice is in its state, and what happens next. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import * as explanation from "../explanation.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as print from "../print.ts"

export const explain = Command.make("explain", { invoice: invoiceHistory.named, json }, ({ invoice, json }) =>
  Effect.gen(function* () {
    const explained = explanation.explain(yield* auditing((sql) => invoiceHistory.read(sql, invoice)))
    yield* json ? print.json(explained) : print.line(explanation.text(explained))
  }),
).pipe(
  Command.withDescription(
    "Say in plain sentences why an invoice is in its state, and what happens next, from its events",
  ),
  Command.withExamples([{ command: "paylog explain inv_4f0c…", description: "Why is it held, and who decides?" }]),
)
