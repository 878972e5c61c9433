/** What a message shows, by name: stored when it is decided on, drawn when it is sent. So it says what is true then, in the customer's language of then. */
import { type CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import type { Database } from "@paylog/event-store/Database"
import type { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Invoices from "@paylog/payments/Invoices"
import { Effect, Schema } from "effect"
import { Catalog, find, ProductId } from "./Catalog.ts"
import { draw as drawForStaff } from "./owner/draw.ts"
import * as Owner from "./owner/Page.ts"
import { deliveredMessage } from "./view/deliveredMessage.ts"
import { invoiceMessage } from "./view/invoiceMessage.ts"
import type { Message } from "./view/Message.ts"
import { cataloguePage, helpPage, notUnderstoodPage, ordersOnPage, ordersPage, productPage } from "./view/pages.ts"
import type { Language } from "./words/language.ts"

/** Stored in deliveries: names and fields are only ever added to. */
export const Screen = Schema.Union([
  Schema.TaggedStruct("Catalogue", { greet: Schema.Boolean }),
  Schema.TaggedStruct("Product", { productId: ProductId }),
  Schema.TaggedStruct("Invoice", { invoiceId: InvoiceId }),
  Schema.TaggedStruct("Orders", { offset: Schema.Natural }),
  Schema.TaggedStruct("Help", {}),
  Schema.TaggedStruct("NotUnderstood", {}),
  /** Only for somebody who is of the staff when it is drawn. */
  Schema.TaggedStruct("Staff", { page: Owner.Page }),
  Schema.TaggedStruct("Delivered", {
    goods: Schema.Array(
      Schema.Struct({ title: Schema.String, text: Schema.Struct({ en: Schema.String, ru: Schema.String }) }),
    ),
  }),
])
export type Screen = typeof Screen.Type

/** The body of a delivery: a new message, or one that takes the place of what `edit` shows. */
export const Body = Schema.Struct({ screen: Screen, edit: Schema.optionalKey(Schema.Int) })
export type Body = typeof Body.Type

export const toJson = Schema.encodeSync(Schema.fromJsonString(Body))
export const fromJson = Schema.decodeSync(Schema.fromJsonString(Body))

/** The message, from what is stored now. At most one read. */
export const draw = Effect.fnUntraced(function* (
  screen: Screen,
  customer: { readonly customerId: CustomerId; readonly language: Language },
): Effect.fn.Return<Message, StoreUnavailable, Catalog | Database | EventStore> {
  const catalog = yield* Catalog
  const { customerId, language } = customer
  switch (screen._tag) {
    case "Catalogue":
      return cataloguePage(language, catalog, screen.greet)
    case "Product": {
      const product = find(catalog, screen.productId)
      return product === undefined ? cataloguePage(language, catalog, false) : productPage(language, product)
    }
    case "Invoice": {
      const invoice = yield* Invoices.get(screen.invoiceId)
      if (invoice._tag === "Absent" || invoice.terms.customerId !== customerId)
        return yield* Effect.die(new Error(`${screen.invoiceId} is no invoice of ${customerId}`))
      return invoiceMessage(language, invoice)
    }
    case "Orders": {
      const rows = yield* InvoiceRows.list(customerId, { offset: screen.offset, limit: ordersOnPage + 1 })
      return ordersPage(language, rows, screen.offset)
    }
    case "Help":
      return helpPage(language)
    case "NotUnderstood":
      return notUnderstoodPage(language)
    case "Staff":
      return yield* drawForStaff(screen.page, { customerId, language })
    case "Delivered":
      return deliveredMessage(language, screen.goods)
  }
})
