/**
 * Tells the owners, once, of what needs a person, with what to do: in their chat, or each by a message of the bot. What was told
 * says in its place when it is over. No personal data is in it.
 */
import { CustomerId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import { faultOf } from "@paylog/event-store/faultOf"
import * as Statement from "@paylog/event-store/Statement"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as FulfilInvoice from "@paylog/payments/FulfilInvoice"
import { Kind } from "@paylog/payments/OpenItems"
import * as Staff from "@paylog/payments/Staff"
import { openOrders } from "@paylog/payments/Work"
import { Clock, DateTime, Duration, Effect, Metric, type Option, Schema } from "effect"
import { patiently } from "../patiently.ts"
import { aboutOf, type Body, fromJson, toJson } from "../Screen.ts"
import * as OwnersChat from "./OwnersChat.ts"
import { alarms, type Page } from "./Page.ts"

/** More at once are one message. */
const atOnce = 5

/**
 * Runs for ever, in any number of processes. What there is to tell waits until there is somebody to tell it to. A defect ends no
 * more than one look: customers are served all the same.
 */
export const tellOwners = (chat: Option.Option<OwnersChat.Settings>, every: Duration.Input = "5 seconds") =>
  Effect.flatMap(OwnersChat.make(chat, Duration.times(Duration.fromInputUnsafe(every), 12)), tell).pipe(
    patiently("Owners cannot be told what needs them"),
    Effect.catchDefect((defect) => {
      const { name, at } = faultOf(defect)
      return Effect.logError(`Owners are not told what needs them: ${name}`, at)
    }),
    Effect.andThen(Effect.sleep(every)),
    Effect.forever,
  )

/** An alarm is claimed and its messages are written in one transaction: it is told once, whatever crashes. */
const tell = Effect.fnUntraced(function* (chat: OwnersChat.State) {
  const staff = yield* Staff.reachable
  const owners = staff.filter(({ role }) => role === "owner")
  const toChat = chat._tag === "Open"
  if (!toChat && owners.length === 0) return
  const now = yield* DateTime.now
  yield* (yield* Database).transaction((sql) =>
    Effect.gen(function* () {
      const rows = (yield* sql.query(tellAlarms, [DateTime.toDateUtc(now), openOrders, FulfilInvoice.queue])).map(
        (row) => decode(row),
      )
      const told = rows.filter(({ kind }) => kind !== "Changed")
      if (toChat) yield* add(sql, chat.customerId, "chat", told, (page) => ({ screen: { _tag: "Chat", page } }))
      else
        for (const { staffId, customerId } of owners) {
          // Whoever asked for something does not approve it.
          const theirs = told.filter(({ askedBy }) => askedBy !== staffId)
          yield* add(sql, customerId, staffId, theirs, inPerson)
        }
      yield* Deliveries.showAgain(sql, {
        about: rows.flatMap(({ kind, about }) => (kind === "Changed" ? [about] : [])),
        customerIds: [...staff.map(({ customerId }) => customerId), ...(chat._tag === "None" ? [] : [chat.customerId])],
      })
      if (chat._tag !== "None") yield* tellInstead(sql, chat.customerId, owners)
      yield* Metric.update(toldAlarms, told.length)
    }),
  )
})

/** One message each, or one for all of them. */
const add = Effect.fnUntraced(function* (
  sql: Sql,
  customerId: CustomerId,
  name: string,
  told: ReadonlyArray<typeof Row.Type>,
  bodyOf: (page: Page) => Body,
) {
  const nowMs = yield* Clock.currentTimeMillis
  const pages: ReadonlyArray<Page> = told.length > atOnce ? [{ _tag: "Many", alarms: told.length }] : told.map(pageOf)
  for (const [n, page] of pages.entries()) {
    const body = bodyOf(page)
    yield* Deliveries.add(sql, {
      deliveryId: `alarm/${name}/${nowMs}/${n}`,
      customerId,
      body: toJson(body),
      about: aboutOf(body.screen),
    })
  }
})

const inPerson = (page: Page): Body => ({ screen: { _tag: "Staff", page } })

/** What the chat did not get, each owner gets. */
const tellInstead = Effect.fnUntraced(function* (sql: Sql, chat: CustomerId, owners: ReadonlyArray<Staff.Reachable>) {
  const missed = yield* sql.query(untoldInChat, [chat, owners.map(({ customerId }) => customerId)])
  for (const row of missed) {
    const { deliveryId, body, about, customerId } = decodeMissed(row)
    const { screen } = fromJson(body)
    if (screen._tag !== "Chat") continue
    yield* Deliveries.add(sql, {
      deliveryId: `${deliveryId}/${customerId}`,
      customerId,
      body: toJson(inPerson(screen.page)),
      about: about ?? undefined,
    })
  }
})

const Row = Schema.Struct({
  about: Schema.String,
  kind: Schema.Literals(["Open", "Changed", ...alarms]),
  stream: Schema.NullOr(Schema.String),
  item: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String),
  askedBy: Schema.NullOr(Schema.String),
})

const decode = Schema.decodeUnknownSync(Row)

const Missed = Schema.Struct({
  deliveryId: Schema.String,
  body: Schema.String,
  about: Schema.NullOr(Schema.String),
  customerId: CustomerId,
})

const decodeMissed = Schema.decodeUnknownSync(Missed)

const pageOf = ({ about, kind, stream, item, detail }: typeof Row.Type): Page => {
  if (kind !== "Open" && kind !== "Changed") return { _tag: "Alarm", alarm: kind, stream, detail, key: about }
  return { _tag: "Item", stream: stream ?? "", item: item ?? "", ...(isKind(detail) ? { kind: detail } : {}) }
}

const isKind = Schema.is(Kind)

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/owner/${name}.sql`, import.meta.url))
const tellAlarms = statement("tell-alarms")
const untoldInChat = statement("untold-in-chat")

const toldAlarms = Metric.counter("paylog_bot_alarms_told_total", {
  description: "What needs a person and was told to the owners, each once",
  incremental: true,
})
