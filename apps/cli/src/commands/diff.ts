/** `paylog diff INV T1 T2`: what changed of an invoice in between, field by field, and by which events. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import { usage } from "../Ended.ts"
import { changes } from "../invoiceDiff.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as Point from "../Point.ts"
import * as print from "../print.ts"

const args = {
  invoice: invoiceHistory.named,
  from: invoiceHistory.point("from"),
  to: invoiceHistory.point("to"),
  json,
}

export const diff = Command.make("diff", args, ({ invoice, from, to, json }) =>
  Effect.gen(function* () {
    const found = yield* auditing((sql) =>
      Effect.gen(function* () {
        const { invoiceId, steps } = yield* invoiceHistory.read(sql, invoice)
        for (const point of [from, to]) yield* invoiceHistory.requireReached(sql, point)
        const upTo = (point: Point.Point) => steps.filter(({ recorded }) => Point.has(point, recorded))
        const [earlier, later] = [upTo(from), upTo(to)]
        if (earlier.length > later.length) return yield* usage("The first point is to be before the second")
        return { invoiceId, changes: changes(earlier, later) }
      }),
    )
    if (json) return yield* print.json({ ...found, from: Point.words(from), to: Point.words(to) })
    if (found.changes.length === 0)
      return yield* print.line(`${found.invoiceId} did not change between ${Point.words(from)} and ${Point.words(to)}`)
    yield* print.table(
      ["FIELD", "FROM", "TO", "BY"],
      found.changes.map(({ field, from, to, by }) => [
        field,
        print.plain(from ?? "-"),
        print.plain(to ?? "-"),
        by.map(({ position, type }) => `${type} at ${position}`).join(", "),
      ]),
    )
  }),
).pipe(
  Command.withDescription("Show what changed of an invoice between two points, field by field, and by which events"),
  Command.withExamples([
    {
      command: "paylog diff inv_4f0c… 2026-03-01 2026-03-02",
      description: "In the course of a day",
    },
    { command: "paylog diff inv_4f0c… 0 1200", description: "Up to a position, from nothing" },
  ]),
)
