/** `paylog open`: all that needs a person, and how much it is. */
import * as OpenItems from "@paylog/payments/OpenItems"
import { Console, DateTime, Duration, Effect } from "effect"
import { Command } from "effect/cli"
import { acting, json } from "../acting.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"

export const open = Command.make("open", { json }, ({ json }) =>
  Effect.gen(function* () {
    const items = yield* openItems.listed(OpenItems.Kind.literals)
    const totals = yield* acting(OpenItems.totals)
    if (json) return yield* print.json({ items, totals })
    yield* openItems.table(items)
    if (items.length === 0) return
    const now = yield* DateTime.now
    yield* Console.log("")
    yield* print.table(
      ["KIND", "ITEMS", "OLDEST", "TOTAL"],
      totals.map(({ kind, currency, items, amount, oldest }) => [
        kind,
        print.number(items),
        print.duration(Duration.toMillis(DateTime.distance(oldest, now))),
        amount === null ? "" : `${amount} ${currency}`,
      ]),
    )
  }),
).pipe(
  Command.withDescription("List all that needs a person, the oldest first: money, proposals, quarantined deliveries"),
)
