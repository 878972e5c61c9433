/** What is open, as the staff looks at it: page by page, or one by the name that its button has. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { OpenItem } from "@paylog/payments/OpenItems"
import { DateTime, Effect, Schema } from "effect"
import { refOf } from "./Press.ts"

/** As many as fit in one row of buttons. */
export const perPage = 5

/** One page, the oldest first, and whether there is a next one. */
export const page = Effect.fn("Items.page")(function* (offset: number) {
  const rows = yield* (yield* Database).query(pageItems, [yield* now, perPage + 1, offset])
  return { items: rows.slice(0, perPage).map((row) => decode(row)), isMore: rows.length > perPage }
})

/** The item that a button names, while it is open. */
export const find = Effect.fn("Items.find")(function* (ref: string) {
  const [row] = yield* (yield* Database).query(findItem, [ref, yield* now])
  return row === undefined ? undefined : decode(row)
})

/** The same by where it stands. */
export const at = (place: { readonly stream: string; readonly item: string }) => find(refOf(place))

const now = Effect.map(DateTime.now, DateTime.toDateUtc)
const decode = Schema.decodeUnknownSync(OpenItem)

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/owner/${name}.sql`, import.meta.url))
const pageItems = statement("page-items")
const findItem = statement("find-item")
