import type { InvoiceIssued } from "@paylog/domain/Invoice"

/** One line that names what an invoice is for: its first line, and how many more there are. */
export const title = ({ lines: [first, ...rest] }: Pick<InvoiceIssued, "lines">): string =>
  `${first.title}${first.quantity > 1 ? ` × ${first.quantity}` : ""}${rest.length > 0 ? ` + ${rest.length}` : ""}`
