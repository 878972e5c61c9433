/** What the bot does about each command that a customer may write. A command of your own is one more line here. */
import { payingOf } from "@paylog/domain/Invoice"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Invoices from "@paylog/payments/Invoices"
import { Effect, Option } from "effect"
import { Catalog, find } from "./Catalog.ts"
import { type Asked, show } from "./handlers.ts"
import { isTheirs } from "./isTheirs.ts"
import { DeepLinks } from "./DeepLinks.ts"

/** `payload` is what stands behind the command. */
export const commands = {
  start: (payload: string, asked: Asked) => start(payload, asked),
  orders: () => Effect.succeed(show({ _tag: "Orders", offset: 0 })),
  receipt: (payload: string, asked: Asked) => receipt(payload.trim(), asked),
  language: () => Effect.succeed(show({ _tag: "Settings" })),
  help: () => Effect.succeed(show({ _tag: "Help" })),
  terms: () => Effect.succeed(show({ _tag: "Terms" })),
  paysupport: () => Effect.succeed(show({ _tag: "PaySupport" })),
}

/** A link leads to what it was made for; one that is not ours, or is not for this customer, to the catalogue. */
const start = Effect.fn("bot.start")(function* (payload: string, { customer }: Asked) {
  if (payload === "") return show({ _tag: "Catalogue", greet: true })
  const target = (yield* DeepLinks).read(payload)
  switch (target?._tag) {
    case undefined:
      return show({ _tag: "Catalogue", greet: true, note: "NotOurLink" })
    case "Product":
      return find(yield* Catalog, target.productId) === undefined
        ? show({ _tag: "Catalogue", greet: true, note: "NotSold" })
        : show({ _tag: "Product", productId: target.productId })
    case "Invoice": {
      const invoice = yield* Invoices.get(target.invoiceId)
      return isTheirs(invoice, customer.customerId)
        ? show({ _tag: "Invoice", invoiceId: target.invoiceId })
        : show({ _tag: "Catalogue", greet: true, note: "NoSuchOrder" })
    }
  }
})

/** By the order's number, by its place in the list of orders, or the newest that was paid. Only one's own is found. */
const receipt = Effect.fn("bot.receipt")(function* (number: string, { customer: { customerId } }: Asked) {
  const [row] =
    number === ""
      ? yield* InvoiceRows.list(customerId, { offset: 0, limit: 1, paid: true })
      : [yield* numbered(customerId, number)]
  if (row === undefined) return show({ _tag: "Orders", offset: 0, note: number === "" ? "NothingPaid" : "NoSuchOrder" })
  const { invoiceId } = row
  const invoice = yield* Invoices.get(invoiceId)
  // One that is not paid is shown as it is.
  return invoice._tag === "Absent" || payingOf(invoice) === undefined
    ? show({ _tag: "Invoice", invoiceId })
    : show({ _tag: "Receipt", invoiceId })
})

type CustomerId = Asked["customer"]["customerId"]

const numbered = Effect.fnUntraced(function* (customerId: CustomerId, number: string) {
  const named = yield* InvoiceRows.findNumbered(customerId, number.slice(0, 64))
  if (Option.isSome(named)) return named.value
  if (!/^[1-9]\d{0,3}$/.test(number)) return undefined
  const [placed] = yield* InvoiceRows.list(customerId, { offset: Number(number) - 1, limit: 1 })
  return placed
})
