/** Whose an invoice is: by the log, and by nothing that a button, a link or a command says. */
import type { CustomerId, Existing, Invoice } from "@paylog/domain/Invoice"

/** Somebody else's invoice is to a customer as none at all. */
export const isTheirs = (invoice: Invoice, customerId: CustomerId): invoice is Existing =>
  invoice._tag !== "Absent" && invoice.terms.customerId === customerId
