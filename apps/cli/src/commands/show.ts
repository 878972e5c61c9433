/** `paylog show INV`: an invoice as it is now, from its events. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as invoiceView from "../invoiceView.ts"
import * as print from "../print.ts"

export const show = Command.make("show", { invoice: invoiceHistory.named, json }, ({ invoice, json }) =>
  Effect.gen(function* () {
    const { steps } = yield* auditing((sql) => invoiceHistory.read(sql, invoice))
    const last = invoiceHistory.last(steps)
    yield* json
      ? print.json({ ...invoiceView.json(last.after), ...invoiceView.placeJson(last) })
      : print.line(invoiceView.text(last))
  }),
).pipe(
  Command.withDescription(
    "Show an invoice as it is now, from its events: status, amounts, order, payments, what is open",
  ),
  Command.withExamples([
    { command: "paylog show inv_4f0c…", description: "By its id" },
    { command: "paylog show XYTNJP2O", description: "By the number of its order" },
  ]),
)
