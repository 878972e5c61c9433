/** What a button does, as the short text that Telegram hands back when it is pressed. Anybody can send any text: it says what is asked for, never by whom. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { Schema, Struct } from "effect"
import { type CategoryId, isCategoryId, isProductId, type ProductId } from "../Catalog.ts"
import { isUtcOffset, type Language, languages } from "../words/language.ts"

export type Action =
  | { readonly _tag: "Catalogue" | "Shop" | "Help" | "Settings" | "Clocks" }
  /** A page of all products, from the one after the first `offset`. */
  | { readonly _tag: "Products"; readonly offset: number }
  | { readonly _tag: "Category"; readonly categoryId: CategoryId; readonly offset: number }
  | { readonly _tag: "Product" | "Buy"; readonly productId: ProductId }
  /** A page of orders, after the newest `offset`. */
  | { readonly _tag: "Orders"; readonly offset: number }
  | { readonly _tag: "Order" | "Check" | "Cancel" | "Again" | "Receipt"; readonly invoiceId: InvoiceId }
  | { readonly _tag: "Speak"; readonly language: Language }
  | { readonly _tag: "Clock"; readonly utcOffset: number }

type Tag = Action["_tag"]

/** Buttons live as long as the messages under which they stand: codes are only ever added. */
export const codes: Readonly<Record<Tag, string>> = {
  Catalogue: "m",
  /** The catalogue below: the message with the button stays. */
  Shop: "k",
  Products: "n",
  Category: "g",
  Product: "p",
  Buy: "b",
  Orders: "l",
  Order: "o",
  Check: "c",
  Cancel: "x",
  Again: "a",
  Receipt: "r",
  Help: "h",
  Settings: "s",
  Speak: "v",
  Clocks: "z",
  Clock: "t",
}

/** At most 64 bytes, which is Telegram's limit. */
export const encode = (action: Action): string => [codes[action._tag], ...argumentsOf(action)].join(":")

const argumentsOf = (action: Action): ReadonlyArray<string | number> => {
  switch (action._tag) {
    case "Catalogue":
    case "Shop":
    case "Help":
    case "Settings":
    case "Clocks":
      return []
    case "Products":
    case "Orders":
      return [action.offset]
    case "Category":
      return [action.categoryId, action.offset]
    case "Product":
    case "Buy":
      return [action.productId]
    case "Order":
    case "Check":
    case "Cancel":
    case "Again":
    case "Receipt":
      return [action.invoiceId]
    case "Speak":
      return [action.language]
    case "Clock":
      return [action.utcOffset]
  }
}

/** The inverse of `encode`; `undefined` for what it never makes. */
export const decode = (data: string): Action | undefined => {
  const [code = "", first = "", second = ""] = data.split(":")
  const _tag = tagOf(code)
  const action = _tag === undefined ? undefined : read(_tag, first, second)
  return action !== undefined && encode(action) === data ? action : undefined
}

const tagOf = (code: string): Tag | undefined => tags.find((tag) => codes[tag] === code)

export const tags = Struct.keys(codes)

const read = (_tag: Tag, first: string, second: string): Action | undefined => {
  switch (_tag) {
    case "Catalogue":
    case "Shop":
    case "Help":
    case "Settings":
    case "Clocks":
      return { _tag }
    case "Products":
    case "Orders":
      return isOffset(first) ? { _tag, offset: Number(first) } : undefined
    case "Category":
      return isCategoryId(first) && isOffset(second) ? { _tag, categoryId: first, offset: Number(second) } : undefined
    case "Product":
    case "Buy":
      return isProductId(first) ? { _tag, productId: first } : undefined
    case "Order":
    case "Check":
    case "Cancel":
    case "Again":
    case "Receipt":
      return isInvoiceId(first) ? { _tag, invoiceId: first } : undefined
    case "Speak": {
      const language = languages.find((language) => language === first)
      return language === undefined ? undefined : { _tag, language }
    }
    case "Clock":
      return isUtcOffset(Number(first)) ? { _tag, utcOffset: Number(first) } : undefined
  }
}

const isOffset = (text: string): boolean => /^\d{1,4}$/.test(text)

const isInvoiceId = Schema.is(InvoiceId)
