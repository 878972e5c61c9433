/** Lists of what needs a person: the same table and JSON for every kind. */
import * as Invoice from "@paylog/domain/Invoice"
import * as OpenItems from "@paylog/payments/OpenItems"
import { Console, DateTime, Duration, Effect } from "effect"
import { acting, caughtUp } from "./acting.ts"
import * as print from "./print.ts"

/** The open items of these kinds, in streams that begin so: the oldest first. */
export const listed = (kinds: ReadonlyArray<OpenItems.Kind>, prefix = "") =>
  acting(
    Effect.gen(function* () {
      yield* caughtUp(OpenItems.follower.name)
      const now = yield* DateTime.now
      const items = yield* OpenItems.list(kinds)
      return items
        .filter(({ stream }) => stream.startsWith(prefix))
        .map((item) => ({ ...item, ageMs: Duration.toMillis(DateTime.distance(item.since, now)) }))
    }),
  )

export type Listed = OpenItems.OpenItem & { readonly ageMs: number }

export const table = (items: ReadonlyArray<Listed>) =>
  items.length === 0
    ? Console.log("Nothing is open")
    : print.table(
        ["AGE", "KIND", "IN", "ITEM", "AMOUNT", "REASON"],
        items.map((item) => [
          print.duration(item.ageMs),
          item.kind,
          Invoice.idOf(item.stream) ?? item.stream,
          item.item,
          item.amount === null ? "" : `${item.amount} ${item.currency}`,
          print.plain(item.reason),
        ]),
      )

/** One list as a command shows it. */
export const show = (kinds: ReadonlyArray<OpenItems.Kind>, prefix: string, json: boolean) =>
  Effect.flatMap(listed(kinds, prefix), (items) => (json ? print.json(items) : table(items)))
