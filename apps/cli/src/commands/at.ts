/** `paylog at TIME INV`: an invoice as the log had it at a time, or at a position. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as invoiceView from "../invoiceView.ts"
import * as print from "../print.ts"

export const at = Command.make(
  "at",
  { point: invoiceHistory.point("time"), invoice: invoiceHistory.named, json },
  ({ point, invoice, json }) =>
    Effect.gen(function* () {
      const steps = yield* auditing((sql) =>
        Effect.flatMap(invoiceHistory.read(sql, invoice), (history) => invoiceHistory.until(sql, history, point)),
      )
      const last = invoiceHistory.last(steps)
      yield* json
        ? print.json({ ...invoiceView.json(last.after), ...invoiceView.placeJson(last) })
        : print.line(invoiceView.text(last))
    }),
).pipe(
  Command.withDescription("Show an invoice as the log had it then: by what was recorded until that time or position"),
  Command.withExamples([
    { command: "paylog at 2026-03-01T12:00:00Z inv_4f0c…", description: "As it was known at noon" },
    { command: "paylog at 1200 inv_4f0c…", description: "As of a position of the log" },
  ]),
)
