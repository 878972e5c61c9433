/** What a button does, as the short text that Telegram hands back when it is pressed. Anybody can send any text: it says what is asked for, never by whom. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { Schema } from "effect"
import { isProductId, type ProductId } from "../Catalog.ts"

export type Action =
  | { readonly _tag: "Catalogue" | "Help" }
  | { readonly _tag: "Product" | "Buy"; readonly productId: ProductId }
  /** A page of orders, after the newest `offset`. */
  | { readonly _tag: "Orders"; readonly offset: number }
  | { readonly _tag: "Order" | "Check" | "Cancel" | "Again"; readonly invoiceId: InvoiceId }

/** At most 64 bytes, which is Telegram's limit. Buttons live as long as the messages under which they stand: codes are only ever added. */
export const encode = (action: Action): string => {
  switch (action._tag) {
    case "Catalogue":
      return "m"
    case "Help":
      return "h"
    case "Product":
      return `p:${action.productId}`
    case "Buy":
      return `b:${action.productId}`
    case "Orders":
      return `l:${action.offset}`
    case "Order":
      return `o:${action.invoiceId}`
    case "Check":
      return `c:${action.invoiceId}`
    case "Cancel":
      return `x:${action.invoiceId}`
    case "Again":
      return `a:${action.invoiceId}`
  }
}

/** The inverse of `encode`; `undefined` for what it never makes. */
export const decode = (data: string): Action | undefined => {
  const [code = "", argument = "", ...rest] = data.split(":")
  if (rest.length > 0) return undefined
  switch (code) {
    case "m":
      return { _tag: "Catalogue" }
    case "h":
      return { _tag: "Help" }
    case "p":
      return ofProduct("Product", argument)
    case "b":
      return ofProduct("Buy", argument)
    case "l":
      return /^\d{1,4}$/.test(argument) ? { _tag: "Orders", offset: Number(argument) } : undefined
    case "o":
      return ofInvoice("Order", argument)
    case "c":
      return ofInvoice("Check", argument)
    case "x":
      return ofInvoice("Cancel", argument)
    case "a":
      return ofInvoice("Again", argument)
    default:
      return undefined
  }
}

const ofProduct = (_tag: "Product" | "Buy", productId: string): Action | undefined =>
  isProductId(productId) ? { _tag, productId } : undefined

const isInvoiceId = Schema.is(InvoiceId)

const ofInvoice = (_tag: "Order" | "Check" | "Cancel" | "Again", invoiceId: string): Action | undefined =>
  isInvoiceId(invoiceId) ? { _tag, invoiceId } : undefined
