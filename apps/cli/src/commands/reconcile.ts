/** `paylog reconcile`: our log against the provider's own list, order by order. Reads only. */
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import * as Database from "@paylog/event-store/environment"
import * as ListedOrders from "@paylog/payments/ListedOrders"
import * as LoggedOrders from "@paylog/payments/LoggedOrders"
import * as Reconciliation from "@paylog/payments/Reconciliation"
import { Console, DateTime, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { csv } from "../csv.ts"
import { json } from "../acting.ts"
import { different, failed, refused, usage } from "../Ended.ts"
import { Moment } from "../Moment.ts"
import * as print from "../print.ts"
import * as ProgressLine from "../ProgressLine.ts"
import * as provider from "../provider.ts"
import * as report from "../reconciliationReport.ts"
import * as services from "../services.ts"

const flags = {
  from: Flag.String("from").pipe(
    Flag.withSchema(Moment),
    Flag.withDescription("Orders that the provider created from then on, as 2026-03-01 or 2026-03-01T12:00:00Z"),
    Flag.optional,
  ),
  until: Flag.String("until").pipe(
    Flag.withSchema(Moment),
    Flag.withDescription("And before then. Default: now"),
    Flag.optional,
  ),
  days: Flag.Int("days").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 36_500 }))),
    Flag.withDescription("Orders of the last so many days. Default: all orders"),
    Flag.optional,
  ),
  grace: Flag.Int("grace").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))),
    Flag.withDescription("What happened so few seconds before may be under way, and is no difference. Default: 600"),
    Flag.withDefault(600),
  ),
  format: Flag.Literals("format", ["table", "csv", "json"]).pipe(
    Flag.withDescription("Of the report. Default: table"),
    Flag.withDefault("table" as const),
  ),
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("In a table, every order and not just what differs"),
    Flag.withDefault(false),
  ),
  json,
  out: Flag.String("out").pipe(Flag.withDescription("Write the report to this file"), Flag.optional),
}

export const reconcile = Command.make("reconcile", flags, (given) =>
  Effect.gen(function* () {
    const { url, pooler = false } = yield* Database.environment
    const range = yield* rangeOf(given)
    const result = yield* compare(range, given.grace * 1000).pipe(
      Effect.provide(Layer.merge(services.store({ url, pooler }, 2), provider.layerReader)),
    )
    const text = yield* render(result, given.json ? { ...given, format: "json" } : given)
    if (Option.isNone(given.out)) yield* print.text(text)
    else yield* save(given.out.value, text)
    const summary = report.summary(result)
    if (result.lines.some(({ outcome }) => Reconciliation.isDifference(outcome))) return yield* different(summary)
    yield* Console.error(summary)
  }),
).pipe(
  Command.withDescription("Compare our log with the provider's list, order by order, with totals of both sides"),
  Command.withExamples([
    { command: "paylog reconcile --days 7", description: "The orders of a week" },
    {
      command: "paylog reconcile --from 2026-03-01 --until 2026-04-01 --format csv --out march.csv",
      description: "A month, for a spreadsheet",
    },
  ]),
)

interface Given {
  readonly from: Option.Option<DateTime.Utc>
  readonly until: Option.Option<DateTime.Utc>
  readonly days: Option.Option<number>
  readonly format: "table" | "csv" | "json"
  readonly all: boolean
}

const rangeOf = Effect.fnUntraced(function* ({ from, until, days }: Given) {
  if (Option.isNone(days)) {
    const range: ListedOrders.Range = { from: Option.getOrUndefined(from), until: Option.getOrUndefined(until) }
    if (range.from !== undefined && range.until !== undefined && !DateTime.isLessThan(range.from, range.until))
      return yield* usage("--from is to be before --until")
    return range
  }
  if (Option.isSome(from) || Option.isSome(until)) return yield* usage("Either --days, or --from and --until")
  const range: ListedOrders.Range = {
    from: DateTime.subtract(yield* DateTime.now, { days: days.value }),
    until: undefined,
  }
  return range
})

/** The provider first, then the log: what the provider knew by then has had that long to come here. */
const compare = Effect.fnUntraced(
  function* (range: ListedOrders.Range, graceMs: number) {
    const { name, capabilities } = yield* PaymentProvider
    if (!capabilities.listOrders) return yield* refused(`${name} has no list of orders to compare with`)
    const read = ListedOrders.widened(range)
    const theirs = yield* ProgressLine.during("provider", (tell) => ListedOrders.read(read, tell), {
      unit: "orders",
    }).pipe(Effect.catchTag("ListIncomplete", ({ message }) => Effect.fail(failed(message))))
    const ours = yield* ProgressLine.during("log", (tell) => LoggedOrders.read(name, read, tell))
    // Without a begin, the list has all orders that there are.
    const strangers = range.from === undefined ? [] : Reconciliation.strangers(theirs, ours, range)
    const older = yield* Effect.filter(strangers, ({ orderId = "" }) => ListedOrders.exists(orderId), {
      concurrency: 4,
    })
    const orders = ours.orders.filter((order) => !older.includes(order))
    return Reconciliation.compare(theirs, { ...ours, orders }, { range, graceMs })
  },
  Effect.catchTags({
    ProviderUnavailable: ({ message }) => Effect.fail(failed(message)),
    ProviderRefused: ({ message }) => Effect.fail(refused(`${message}. Is WALLETPAY_API_KEY the store's key?`)),
  }),
)

const render = Effect.fnUntraced(function* (result: Reconciliation.Reconciliation, { format, all }: Given) {
  switch (format) {
    case "csv":
      return yield* csv(report.columns, report.records(result))
    case "json":
      return `${print.jsonText(report.json(result))}\n`
    case "table": {
      const { orders, totals } = report.tables(result, all)
      const parts = orders.rows.length === 0 ? [] : [print.tableText(orders.headings, orders.rows, { right: [1] })]
      const sums = print.tableText(totals.headings, totals.rows, { right: [2, 3, 4, 5] })
      return `${[report.heading(result), ...parts, sums].join("\n\n")}\n`
    }
  }
})

const save = Effect.fnUntraced(function* (file: string, text: string) {
  const { writeFileString } = yield* FileSystem.FileSystem
  yield* writeFileString(file, text).pipe(
    Effect.mapError(({ message }) => failed(`${file} cannot be written: ${message}`)),
  )
})
