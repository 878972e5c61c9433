/** Who a customer is: a random id for the log, and beside it the details that identify a person and can be erased. */
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
  /** IETF language tag that Telegram reported, for example "ru". */
  readonly language: string
}

const identifyStatement = Statement.fromFile(new URL("../sql/identify-customer.sql", import.meta.url))
const findStatement = Statement.fromFile(new URL("../sql/find-customer.sql", import.meta.url))

const Row = Schema.Struct({
  customerId: CustomerId,
  telegramUserId: Schema.String,
  chatId: Schema.String,
  language: Schema.String,
})
const decode = Schema.decodeUnknownSync(Row)

/** The customer behind a Telegram user: known, or made now. Chat and language are brought up to date. */
export const identify = Effect.fn("Customers.identify")(function* (person: Omit<Customer, "customerId">) {
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
