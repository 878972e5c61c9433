/** What a message shows, by name: stored when it is decided on, drawn when it is sent. So it says what is true then, in the customer's language of then. */
import { InvoiceId, stream } from "@paylog/domain/Invoice"
import type { Database } from "@paylog/event-store/Database"
import type { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Customer } from "@paylog/payments/Customers"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Invoices from "@paylog/payments/Invoices"
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as ProofFile from "@paylog/sealer/ProofFile"
import { Data, DateTime, Effect, Option, Schema } from "effect"
import { Catalog, CategoryId, find, findCategory, ProductId } from "./Catalog.ts"
import { draw as drawForStaff, drawForChat } from "./owner/draw.ts"
import * as Owner from "./owner/Page.ts"
import * as Purchases from "./Purchases.ts"
import { catalogueMessage, categoryMessage, productMessage } from "./view/catalogue.ts"
import { isOwed } from "./isOwed.ts"
import { isTheirs } from "./isTheirs.ts"
import { deliveredMessage } from "./view/deliveredMessage.ts"
import { invoiceMessage } from "./view/invoiceMessage.ts"
import type { Message } from "./view/Message.ts"
import { ordersMessage, ordersOnPage } from "./view/orders.ts"
import { notes } from "./view/notes.ts"
import { helpMessage, notUnderstoodMessage, paySupportMessage, termsMessage, tooFastMessage } from "./view/pages.ts"
import { receiptMessage } from "./view/receipt.ts"
import { clocksMessage, settingsMessage } from "./view/settings.ts"
import { readerOf } from "./words/language.ts"

/** Why the customer sees something else than they asked for. */
const Note = Schema.Literals(notes)

/** Stored in deliveries: names and fields are only ever added to. */
export const Screen = Schema.Union([
  Schema.TaggedStruct("Catalogue", {
    greet: Schema.Boolean,
    offset: Schema.optionalKey(Schema.Natural),
    note: Schema.optionalKey(Note),
  }),
  Schema.TaggedStruct("Category", { categoryId: CategoryId, offset: Schema.Natural }),
  Schema.TaggedStruct("Product", {
    productId: ProductId,
    /** Waits for its payment: what the customer already has of it. */
    open: Schema.optionalKey(InvoiceId),
  }),
  Schema.TaggedStruct("Invoice", { invoiceId: InvoiceId }),
  Schema.TaggedStruct("Receipt", { invoiceId: InvoiceId }),
  Schema.TaggedStruct("Orders", { offset: Schema.Natural, note: Schema.optionalKey(Note) }),
  Schema.TaggedStruct("Settings", {}),
  Schema.TaggedStruct("Clocks", {}),
  Schema.TaggedStruct("Help", {}),
  Schema.TaggedStruct("Terms", {}),
  Schema.TaggedStruct("PaySupport", {}),
  Schema.TaggedStruct("NotUnderstood", {}),
  Schema.TaggedStruct("TooFast", {}),
  Schema.TaggedStruct("Delivered", {
    /** What they are for: nothing is shown once they are not owed any more. */
    invoiceId: Schema.optionalKey(InvoiceId),
    goods: Schema.Array(
      Schema.Struct({ title: Schema.String, text: Schema.Struct({ en: Schema.String, ru: Schema.String }) }),
    ),
  }),
  /** Only for somebody who is of the staff when it is drawn. */
  Schema.TaggedStruct("Staff", { page: Owner.Page }),
  /** For the owners' chat. */
  Schema.TaggedStruct("Chat", { page: Owner.Page }),
])
export type Screen = typeof Screen.Type

/** The body of a delivery: a new message, or one that takes the place of what `edit` shows. */
export const Body = Schema.Struct({ screen: Screen, edit: Schema.optionalKey(Schema.Int) })
export type Body = typeof Body.Type

/** For `Deliveries.add`; `undefined` for what customers see. */
export const aboutOf = (screen: Screen): string | undefined =>
  screen._tag === "Staff" || screen._tag === "Chat" ? Owner.aboutOf(screen.page) : undefined

export const toJson = Schema.encodeSync(Schema.fromJsonString(Body))
export const fromJson = Schema.decodeSync(Schema.fromJsonString(Body))

/** What the message was to show is not to be shown any more: it is not sent. */
export class NothingToShow extends Data.TaggedError("NothingToShow") {}

/** The message, from what is stored now. At most one read, and five for a receipt with its proof. */
export const draw = Effect.fnUntraced(function* (
  screen: Screen,
  customer: Pick<Customer, "customerId" | "language"> & Partial<Pick<Customer, "utcOffset">>,
): Effect.fn.Return<Message, NothingToShow | StoreUnavailable, Catalog | Database | EventStore> {
  const catalog = yield* Catalog
  const now = yield* DateTime.now
  const reader = readerOf(customer)
  const { language } = reader
  switch (screen._tag) {
    case "Catalogue":
      return catalogueMessage(language, catalog, screen)
    case "Category": {
      const category = findCategory(catalog, screen.categoryId)
      return category === undefined
        ? catalogueMessage(language, catalog)
        : categoryMessage(language, catalog, category, screen.offset)
    }
    case "Product": {
      const product = find(catalog, screen.productId)
      return product === undefined
        ? catalogueMessage(language, catalog, { note: "NotSold" })
        : productMessage(language, catalog, product, yield* stillOpen(screen.open, customer, now))
    }
    case "Invoice":
      return invoiceMessage(reader, yield* theirs(screen.invoiceId, customer), now)
    case "Receipt":
      return receiptMessage(reader, yield* theirs(screen.invoiceId, customer), yield* proofOf(screen.invoiceId))
    case "Orders": {
      const page = { offset: screen.offset, limit: ordersOnPage + 1 }
      return ordersMessage(reader, yield* InvoiceRows.list(customer.customerId, page), screen)
    }
    case "Settings":
      return settingsMessage(reader, now)
    case "Clocks":
      return clocksMessage(reader, now)
    case "Help":
      return helpMessage(language)
    case "Terms":
      return termsMessage(language, catalog)
    case "PaySupport":
      return paySupportMessage(language, catalog)
    case "NotUnderstood":
      return notUnderstoodMessage(language)
    case "TooFast":
      return tooFastMessage(language)
    case "Delivered":
      if (screen.invoiceId !== undefined && !(yield* isOwed(screen.invoiceId))) return yield* new NothingToShow()
      return deliveredMessage(language, screen.goods)
    case "Staff":
      return yield* drawForStaff(screen.page, { customerId: customer.customerId, language })
    case "Chat":
      return yield* drawForChat(screen.page, language)
  }
})

const stillOpen = Effect.fnUntraced(function* (
  invoiceId: InvoiceId | undefined,
  customer: Pick<Customer, "customerId">,
  now: DateTime.Utc,
) {
  if (invoiceId === undefined) return undefined
  return Purchases.isOpen(yield* theirs(invoiceId, customer), now) ? invoiceId : undefined
})

/** A screen of an invoice is only ever made for its customer: another's is a defect, and is not shown. */
const theirs = Effect.fnUntraced(function* (invoiceId: InvoiceId, { customerId }: Pick<Customer, "customerId">) {
  const invoice = yield* Invoices.get(invoiceId)
  if (!isTheirs(invoice, customerId)) return yield* Effect.die(new Error(`${invoiceId} is no invoice of ${customerId}`))
  return invoice
})

/**
 * The proof that the invoice's events are in the log, once a checkpoint holds them, and if this process has the log's key to check
 * it. A receipt goes out without one too.
 */
const proofOf = Effect.fnUntraced(function* (invoiceId: InvoiceId) {
  const keys = yield* Effect.serviceOption(LogKeys)
  if (Option.isNone(keys)) return undefined
  return yield* ProofFile.prove(stream(invoiceId)).pipe(
    Effect.provideService(LogKeys, keys.value),
    Effect.catchTags({
      NotSigned: () => Effect.undefined,
      StreamAbsent: () => Effect.undefined,
      Undisclosable: ({ message }) => Effect.as(Effect.logWarning(message), undefined),
      SealBroken: ({ message }) => Effect.as(Effect.logError(message), undefined),
      TreeDamaged: ({ message }) => Effect.as(Effect.logError(message), undefined),
    }),
  )
})
