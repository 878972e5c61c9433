/** Tells the owners, once each, of what needs a person: by messages of the bot, with what to do. No personal data is in them. */
import { Database } from "@paylog/event-store/Database"
import { faultOf } from "@paylog/event-store/faultOf"
import * as Statement from "@paylog/event-store/Statement"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import * as Staff from "@paylog/payments/Staff"
import { openOrders } from "@paylog/payments/Work"
import { Clock, DateTime, type Duration, Effect, Metric, Schema } from "effect"
import { patiently } from "../patiently.ts"
import { toJson } from "../Screen.ts"
import { alarms, type Page } from "./Page.ts"

/** More at once are one message. */
const atOnce = 5

/**
 * Runs for ever, in any number of processes. What there is to tell waits until there is an owner to tell it to. A defect ends no
 * more than one look: customers are served all the same.
 */
export const tellOwners = (every: Duration.Input = "5 seconds") =>
  tell.pipe(
    patiently("Owners cannot be told what needs them"),
    Effect.catchDefect((defect) => {
      const { name, at } = faultOf(defect)
      return Effect.logError(`Owners are not told what needs them: ${name}`, at)
    }),
    Effect.andThen(Effect.sleep(every)),
    Effect.forever,
  )

/** An alarm is claimed and its messages are written in one transaction: it is told once, whatever crashes. */
const tell = Effect.gen(function* () {
  const owners = (yield* Staff.reachable).filter(({ role }) => role === "owner")
  if (owners.length === 0) return
  const nowMs = yield* Clock.currentTimeMillis
  const now = DateTime.toDateUtc(yield* DateTime.now)
  yield* (yield* Database).transaction((sql) =>
    Effect.gen(function* () {
      const rows = yield* sql.query(tellAlarms, [now, openOrders, FulfilInvoice.queue])
      const told = rows.map((row) => decode(row))
      for (const { staffId, customerId } of owners) {
        // Whoever asked for something does not approve it.
        const theirs = told.filter(({ askedBy }) => askedBy !== staffId)
        const pages: ReadonlyArray<Page> =
          theirs.length > atOnce ? [{ _tag: "Many", alarms: theirs.length }] : theirs.map(pageOf)
        for (const [n, page] of pages.entries())
          yield* Deliveries.add(sql, {
            deliveryId: `alarm/${staffId}/${nowMs}/${n}`,
            customerId,
            body: toJson({ screen: { _tag: "Staff", page } }),
          })
      }
      yield* Metric.update(toldAlarms, told.length)
    }),
  )
})

const Row = Schema.Struct({
  kind: Schema.Literals(["Open", ...alarms]),
  stream: Schema.NullOr(Schema.String),
  item: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String),
  askedBy: Schema.NullOr(Schema.String),
})

const decode = Schema.decodeUnknownSync(Row)

const pageOf = ({ kind, stream, item, detail }: typeof Row.Type): Page =>
  kind === "Open"
    ? { _tag: "Item", stream: stream ?? "", item: item ?? "" }
    : { _tag: "Alarm", alarm: kind, stream, detail }

const tellAlarms = Statement.fromFile(new URL("../../sql/owner/tell-alarms.sql", import.meta.url))

const toldAlarms = Metric.counter("paylog_bot_alarms_told_total", {
  description: "What needs a person and was told to the owners, each once",
  incremental: true,
})
