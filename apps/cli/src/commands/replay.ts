/** `paylog replay`: the log folded again from its first event, against the read models as they are. */
import * as Money from "@paylog/domain/Money"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { json } from "../acting.ts"
import { auditing } from "../auditing.ts"
import { different } from "../Ended.ts"
import * as invoiceHistory from "../invoiceHistory.ts"
import * as Point from "../Point.ts"
import * as print from "../print.ts"
import * as ProgressLine from "../ProgressLine.ts"
import { replay as run, type Replayed } from "../replay/replay.ts"

const flags = {
  until: Flag.String("until").pipe(
    Flag.withSchema(Point.Point),
    Flag.withDescription(
      "A time or a position: what the log came to then, by status and currency. Compares nothing. Default: now, and compare",
    ),
    Flag.optional,
  ),
  json,
}

export const replay = Command.make("replay", flags, ({ until, json }) =>
  Effect.gen(function* () {
    const point = Option.getOrUndefined(until)
    const replayed = yield* auditing((sql) =>
      Effect.gen(function* () {
        if (point !== undefined) yield* invoiceHistory.requireReached(sql, point)
        return yield* ProgressLine.during("replay", (tell) => run(sql, point, tell))
      }),
    )
    yield* json ? print.json(jsonOf(replayed)) : show(replayed, point)
    if (replayed.differing > 0)
      return yield* different(
        `${print.count(replayed.differing, "difference")} between the log and the read models. "paylog rebuild" makes the rows anew; first find out who changed them, or which program made them so`,
      )
  }),
).pipe(
  Command.withDescription(
    "Fold the log again from its first event, in memory, and compare every row of the read models with it",
  ),
  Command.withExamples([
    { command: "paylog replay", description: "Compare; code 5 when something differs" },
    { command: "paylog replay --until 2026-03-01", description: "What it came to by the end of February" },
  ]),
)

const jsonOf = ({ totals, balances, ...replayed }: Replayed) => ({
  ...replayed,
  totals: totals.map((total) => ({ ...total, amount: Money.format(total.amount) })),
  balances: balances.map(({ account, amount }) => ({
    account,
    currency: amount.currency,
    balance: Money.format(amount),
  })),
})

const show = Effect.fnUntraced(function* (replayed: Replayed, point: Point.Point | undefined) {
  const { position, streams, events, totals, balances, models, differences } = replayed
  const when = point === undefined ? `position ${print.number(position)}` : Point.words(point)
  yield* print.line(`${print.count(events, "event")} of ${print.count(streams, "stream")}, up to ${when}`)
  if (totals.length > 0) {
    yield* print.line("")
    yield* print.table(
      ["INVOICES", "STATUS", "AMOUNT", ""],
      totals.map(({ status, currency, invoices, amount }) => [
        print.number(invoices),
        status,
        Money.format(amount),
        currency,
      ]),
      { right: [0, 2] },
    )
  }
  if (balances.length > 0) {
    yield* print.line("")
    yield* print.table(
      ["ACCOUNT", "BALANCE", ""],
      balances.map(({ account, amount }) => [account, Money.format(amount), amount.currency]),
      { right: [1] },
    )
  }
  if (models.length > 0) {
    yield* print.line("")
    yield* print.table(
      ["READ MODEL", "ROWS", "AT", "PARKED"],
      models.map(({ follower, rows, position, parked }) => [
        follower,
        print.number(rows),
        print.number(position),
        parked.join(", "),
      ]),
      { right: [1, 2] },
    )
  }
  if (point === undefined && replayed.differing === 0)
    yield* print.line("\nEvery row of the read models is as the events make it.")
  if (differences.length > 0) {
    yield* print.line("")
    yield* print.table(
      ["TABLE", "ROW", "COLUMN", "EXPECTED", "FOUND"],
      differences.map(({ table, row, column, expected, found }) => [
        table,
        print.plain(row),
        column,
        print.plain(expected ?? "nothing"),
        print.plain(found ?? "nothing"),
      ]),
    )
  }
})
