/** The invoice that somebody of the staff names: the customer sees a number, an auditor an id. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import type { Page } from "./Page.ts"

/** Its page, or a note that says why there is none. */
export const named = Effect.fnUntraced(function* (name: string) {
  if (name === "") return { _tag: "Note", note: "WhichInvoice" } satisfies Page
  const found = name.length > 64 ? [] : yield* invoicesNamed(name)
  const [invoiceId, ...others] = found
  if (invoiceId === undefined) return { _tag: "Note", note: "NoInvoice" } satisfies Page
  if (others.length > 0) return { _tag: "Note", note: "SeveralInvoices" } satisfies Page
  return { _tag: "Invoice", invoiceId } satisfies Page
})

const invoicesNamed = Effect.fnUntraced(function* (name: string) {
  const rows = yield* (yield* Database).query<{ readonly invoiceId: string }>(findInvoices, [name])
  return rows.map(({ invoiceId }) => InvoiceId.make(invoiceId))
})

const findInvoices = Statement.fromFile(new URL("../../sql/owner/find-invoices.sql", import.meta.url))
