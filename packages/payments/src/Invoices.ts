/** What customers and our own clock do with an invoice: issue, cancel, expire; and its state, folded from the log. */
import { EventStore, type RecordedEvent } from "@paylog/event-store/EventStore"
import { DateTime, Effect } from "effect"
import * as Invoice from "@paylog/domain/Invoice"
import { decide, type InvoiceCommand } from "@paylog/domain/InvoiceDecisions"
import * as Execute from "./Execute.ts"
import * as Ids from "./Ids.ts"
import type { About } from "./Metadata.ts"
import * as StoredEvents from "./StoredEvents.ts"

export const codec = StoredEvents.invoice

export const decider = Execute.decider({
  codec,
  initial: Invoice.absent,
  evolve: Invoice.evolve,
  decide,
})

/** The invoices that a batch of events issues. */
export const issuedIn = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<Invoice.InvoiceIssued> =>
  events
    .filter(({ type }) => type === "InvoiceIssued")
    .map(codec.decode)
    .filter((event) => event._tag === "InvoiceIssued")

/** The invoice as the log has it now: one read of its stream. */
export const get = (id: Invoice.InvoiceId) =>
  EventStore.use((store) => Effect.map(store.load(decider.fold, Invoice.stream(id)), ({ state }) => state))

export interface NewInvoice {
  /** Given by a caller that may repeat itself; the same id and terms issue one invoice. Default: a new id. */
  readonly invoiceId?: Invoice.InvoiceId
  readonly customerId: Invoice.CustomerId
  readonly lines: readonly [Invoice.Line, ...Array<Invoice.Line>]
  readonly payBy: DateTime.Utc
  readonly policy: Invoice.Policy
}

/** Issues an invoice. A follower sees it and has its order opened at the provider. */
export const issue = Effect.fn("Invoices.issue")(function* (terms: NewInvoice, about: About) {
  const invoiceId = terms.invoiceId ?? (yield* Ids.invoiceId)
  yield* command(invoiceId, "issue", { ...terms, _tag: "Issue", invoiceId, at: yield* DateTime.now }, about)
  return invoiceId
})

/** Cancels an invoice that nobody has paid. The provider has no cancel: the link stays payable until it expires, and a payment is then held. */
export const cancel = Effect.fn("Invoices.cancel")(function* (id: Invoice.InvoiceId, about: About) {
  return yield* command(id, "cancel", { _tag: "Cancel", at: yield* DateTime.now }, about)
})

/** Expires an invoice whose every deadline has passed by our clock. */
export const expire = Effect.fn("Invoices.expire")(function* (id: Invoice.InvoiceId, about: About) {
  return yield* command(id, "expire", { _tag: "ExpireByClock", at: yield* DateTime.now }, about)
})

/** Runs one command on one invoice; `purpose` names what is done, once per invoice. */
export const command = (id: Invoice.InvoiceId, purpose: string, command: InvoiceCommand, about: About) =>
  Execute.execute(decider, { stream: Invoice.stream(id), purpose, command, about })
