/**
 * Who a customer is: a random id for the log, and beside it the details that identify a person and can be erased. The owners' chat
 * has an id too, since messages go there as they go to anybody: its "user" is the chat itself, whose number is negative.
 */
import { Effect, Option, Schema } from "effect"
import { CustomerId } from "@paylog/domain/Invoice"
import { Database, type Sql } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import * as Ids from "./Ids.ts"

export interface Customer {
  readonly customerId: CustomerId
  /** Decimal digits, as the provider and Telegram know the person. */
  readonly telegramUserId: string
  readonly chatId: string
  /** IETF language tag, for example "ru": the one that the customer has chosen, else what Telegram reported last. */
  readonly language: string
  /** Minutes ahead of UTC of the customer's clock, as they have said; `null` when they have not. */
  readonly utcOffset: number | null
}

/** Who wrote, as Telegram tells it. */
export type Person = Pick<Customer, "telegramUserId" | "chatId" | "language">

/** What a customer may say about themselves. */
export interface Choice {
  readonly language?: string
  readonly utcOffset?: number
}

const identifyStatement = Statement.fromFile(new URL("../sql/identify-customer.sql", import.meta.url))
const findStatement = Statement.fromFile(new URL("../sql/find-customer.sql", import.meta.url))
const chooseStatement = Statement.fromFile(new URL("../sql/choose-for-customer.sql", import.meta.url))

const Row = Schema.Struct({
  customerId: CustomerId,
  telegramUserId: Schema.String,
  chatId: Schema.String,
  language: Schema.String,
  utcOffset: Schema.NullOr(Schema.Int),
})
const decode = Schema.decodeUnknownSync(Row)

/** The customer behind a Telegram user: known, or made now. Chat and reported language are brought up to date; what they chose stays. */
export const identify = Effect.fn("Customers.identify")(function* (person: Person) {
  const database = yield* Database
  const rows = yield* database.query(identifyStatement, [
    yield* Ids.customerId,
    person.telegramUserId,
    person.chatId,
    person.language,
  ])
  return decode(rows[0])
})

/** The customer's details, unless they were erased. */
export const find = (customerId: CustomerId, sql?: Sql) =>
  Effect.gen(function* () {
    const rows = yield* (sql ?? (yield* Database)).query(findStatement, [customerId])
    return rows.length === 0 ? Option.none<Customer>() : Option.some<Customer>(decode(rows[0]))
  })

/** Remembers what the customer has chosen; what is left out stays as it is. The same choice again changes nothing. */
export const choose = Effect.fn("Customers.choose")(function* (customerId: CustomerId, choice: Choice) {
  const database = yield* Database
  const values = [customerId, choice.language ?? null, choice.utcOffset ?? null]
  const rows = yield* database.query(chooseStatement, values)
  return rows.length === 0 ? Option.none<Customer>() : Option.some<Customer>(decode(rows[0]))
})
