/**
 * What the bot does about what a customer writes or presses. A handler may run twice for one update, so what it does for
 * good is a command under a key of its own, and what is to be shown it returns. It sends nothing.
 */
import { type CustomerId, type Existing, type InvoiceId, payingOf } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import * as Customers from "@paylog/payments/Customers"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import { Context, DateTime, Duration, Effect, Option } from "effect"
import { Catalog, find, findSold, type Product, toLine } from "./Catalog.ts"
import * as Budget from "./Budget.ts"
import { isTheirs } from "./isTheirs.ts"
import * as Purchases from "./Purchases.ts"
import type { Body, Screen } from "./Screen.ts"
import type { Action } from "./view/Action.ts"
import { languageOf } from "./words/language.ts"
import { wordsIn } from "./words/words.ts"

/** The terms under which the shop sells. */
export class Terms extends Context.Service<Terms, { readonly payWithin: Duration.Duration }>()("bot/Terms") {}

/** Our clock waits so long after the last deadline for a payment that the provider tells us of late. */
const graceSeconds = 120

/** Who asks, and by which update. */
export interface Asked {
  readonly customer: Customers.Customer
  /** Names the update, without personal data. */
  readonly updateKey: string
  /** The invoice that this update issues, should it issue one. */
  readonly invoiceId: InvoiceId
  /** When Telegram told it. */
  readonly askedAt: DateTime.Utc
  /** The message whose button was pressed. */
  readonly messageId?: number
}

/** What the customer gets to see: messages, and a line over the chat for a moment. */
export interface Answer {
  readonly messages: ReadonlyArray<Body>
  readonly toast?: string
  /** Names what is answered, where several updates are one thing: they get one answer. Default: each its own. */
  readonly once?: string
  /** What others get to see by it. */
  readonly others?: ReadonlyArray<{ readonly customerId: CustomerId; readonly body: Body }>
}

export const show = (screen: Screen): Answer => ({ messages: [{ screen }] })

/** What a button asks for. One that is none of ours, or of an older version, leads to the catalogue. */
export const press = Effect.fn("bot.press")(function* (action: Action | undefined, asked: Asked) {
  switch (action?._tag) {
    case undefined:
      return inPlace(asked, catalogue, toasts(asked).oldButton)
    case "Catalogue":
      return inPlace(asked, catalogue)
    case "Shop":
      return show(catalogue)
    case "Products":
      return inPlace(asked, { ...catalogue, offset: action.offset })
    case "Category":
      return inPlace(asked, { _tag: "Category", categoryId: action.categoryId, offset: action.offset })
    case "Product":
      return find(yield* Catalog, action.productId) === undefined
        ? inPlace(asked, catalogue, toasts(asked).notSold)
        : inPlace(asked, { _tag: "Product", productId: action.productId })
    case "Buy":
      return yield* buy(find(yield* Catalog, action.productId), asked)
    case "Orders":
      return inPlace(asked, { _tag: "Orders", offset: action.offset })
    case "Help":
      return show({ _tag: "Help" })
    case "Settings":
    case "Clocks":
      return inPlace(asked, { _tag: action._tag })
    case "Speak":
      return yield* choose({ language: action.language }, asked)
    case "Clock":
      return yield* choose({ utcOffset: action.utcOffset }, asked)
    case "Order":
    case "Check":
    case "Cancel":
    case "Receipt":
    case "Again": {
      const invoice = yield* Invoices.get(action.invoiceId)
      if (!isTheirs(invoice, asked.customer.customerId)) return { messages: [], toast: toasts(asked).noSuchOrder }
      return yield* withInvoice(action._tag, invoice, asked)
    }
  }
})

const withInvoice = Effect.fnUntraced(function* (
  what: "Order" | "Check" | "Cancel" | "Receipt" | "Again",
  invoice: Existing,
  asked: Asked,
) {
  switch (what) {
    case "Order":
      return show({ _tag: "Invoice", invoiceId: invoice.terms.invoiceId })
    case "Receipt":
      // One that is not paid is shown as it is.
      return show({
        _tag: payingOf(invoice) === undefined ? "Invoice" : "Receipt",
        invoiceId: invoice.terms.invoiceId,
      })
    case "Check":
      if (invoice._tag === "AwaitingPayment") yield* Budget.ask(invoice.terms.invoiceId)
      return asItIs(invoice, asked)
    case "Cancel":
      return yield* cancel(invoice, asked)
    case "Again": {
      // The same product, at today's price.
      const product = findSold(yield* Catalog, invoice.terms.lines[0])
      return product === undefined ? show({ ...catalogue, note: "NotSold" }) : yield* buy(product, asked, invoice)
    }
  }
})

/** So long after the press its customer expects an invoice. */
const expectedFor = Duration.minutes(30)

/** One invoice, whoever presses twice; a second one only to whoever has seen the first, and wants it `besides` that. */
const buy = Effect.fnUntraced(function* (product: Product | undefined, asked: Asked, besides?: Existing) {
  if (product === undefined) return inPlace(asked, catalogue, toasts(asked).notSold)
  const { payWithin } = yield* Terms
  const { customer, invoiceId, askedAt } = asked
  if (DateTime.isLessThan(DateTime.addDuration(askedAt, expectedFor), yield* DateTime.now)) {
    // What was set aside, and is handled a day later: nobody expects an invoice by then.
    const begun = yield* Invoices.get(invoiceId)
    if (begun._tag === "Absent") return show({ _tag: "Product", productId: product.id })
  }
  const open = yield* Purchases.choose(customer.customerId, product, invoiceId, besides?.terms.invoiceId)
  if (open !== undefined) return yield* alreadyOrdered(product, open, asked, besides)
  if (!(yield* Budget.takeOrder(customer, invoiceId))) return { messages: [], toast: toasts(asked).tooManyOrders }
  yield* Invoices.issue(
    {
      invoiceId,
      customerId: customer.customerId,
      lines: [toLine(product, languageOf(customer.language))],
      payBy: DateTime.addDuration(yield* DateTime.now, payWithin),
      policy: { tolerance: Money.of(product.price.currency, 0n), late: "Hold", graceSeconds },
    },
    aboutOf(asked),
  ).pipe(
    // A first try got this far, at a price that has changed since.
    Effect.catchTag("InvoiceAlreadyIssued", () => Effect.void),
  )
  return { messages: [], toast: toasts(asked).ordered }
})

/** Just issued, it stands below the button that was pressed. */
const inViewFor = Duration.minutes(1)

/** The open invoice, where it is seen; and at the product another one can be had. */
const alreadyOrdered = Effect.fnUntraced(function* (
  product: Product,
  { terms: { invoiceId, issuedAt } }: Existing,
  asked: Asked,
  besides: Existing | undefined,
) {
  const now = yield* DateTime.now
  const card: Screen = { _tag: "Product", productId: product.id, open: invoiceId }
  const inView = DateTime.isGreaterThan(DateTime.addDuration(issuedAt, inViewFor), now)
  return {
    messages: [
      // The message of an invoice that is over stays.
      ...(besides === undefined || Purchases.isOpen(besides, now) ? inPlace(asked, card).messages : []),
      ...(inView ? [] : show({ _tag: "Invoice", invoiceId }).messages),
    ],
    toast: toasts(asked).alreadyOrdered,
  }
})

const cancel = Effect.fnUntraced(function* (before: Existing, asked: Asked) {
  const { invoiceId } = before.terms
  const unsettled = yield* Invoices.cancel(invoiceId, aboutOf(asked)).pipe(
    Effect.as(false),
    Effect.catchTags({
      OrderUnsettled: () => Effect.succeed(true),
      // Paid, expired … : the message shows which.
      InvoiceClosed: () => Effect.succeed(false),
    }),
  )
  const now = yield* Invoices.get(invoiceId)
  return asItIs(now._tag === "Absent" ? before : now, asked, unsettled ? toasts(asked).unsettled : undefined)
})

/** It asks faster than anybody reads, and so gets words over the chat, and one message. `past` counts from 1. */
export const tooFast = (past: number, isPress: boolean, asked: Asked): Answer => {
  if (isPress) return { messages: [], toast: toasts(asked).tooFast }
  return past === 1 ? show({ _tag: "TooFast" }) : { messages: [] }
}

/** The invoice as it is now, in the message whose button was pressed: that may be a stale one. */
const asItIs = (invoice: Existing, asked: Asked, toast = toasts(asked)[invoice._tag]): Answer =>
  inPlace(asked, { _tag: "Invoice", invoiceId: invoice.terms.invoiceId }, toast)

const inPlace = ({ messageId }: Asked, screen: Screen, toast?: string): Answer => ({
  messages: [{ screen, ...(messageId === undefined ? {} : { edit: messageId }) }],
  ...(toast === undefined ? {} : { toast }),
})

/** In whatever language they have chosen by then. */
const choose = Effect.fnUntraced(function* (choice: Customers.Choice, asked: Asked) {
  const customer = Option.getOrElse(yield* Customers.choose(asked.customer.customerId, choice), () => asked.customer)
  return inPlace(asked, { _tag: "Settings" }, toasts({ ...asked, customer }).saved)
})

const catalogue = { _tag: "Catalogue", greet: false } as const

const toasts = ({ customer }: Asked) => wordsIn[languageOf(customer.language)].toasts

export const aboutOf = ({ customer, updateKey }: Asked): About => ({
  actor: { kind: "Customer", id: customer.customerId },
  source: "Bot",
  correlationId: updateKey,
})
