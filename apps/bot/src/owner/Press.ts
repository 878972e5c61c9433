/** What a button of the staff does, as Telegram hands it back. No customer's button begins like one, and whoever sends it: it says what is asked for, never by whom. */
import { InvoiceId } from "@paylog/domain/Invoice"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { sha256, toHex } from "@paylog/payments/sha256"
import { Schema } from "effect"
import { type Reason, reasons, type Way, ways } from "./reasons.ts"

/** What may be begun about a payment of an invoice, and about its delivery. */
const onInvoice = {
  Accept: "a",
  Dismiss: "d",
  Refund: "r",
  Hold: "h",
  Release: "l",
  Retry: "t",
  Delivered: "f",
} as const
/** About unmatched money. */
const onItem = { Dismiss: "d", Refund: "r", Assign: "i" } as const
/** About a refund. */
const onRefund = { VoidRefund: "v", Withdraw: "w", NotSent: "n" } as const

export type Press =
  | { readonly _tag: "Stats" }
  | { readonly _tag: "Open"; readonly offset: number }
  | { readonly _tag: "Item"; readonly ref: string }
  | { readonly _tag: "Invoice"; readonly invoiceId: InvoiceId }
  | { readonly _tag: "Request"; readonly id: RefundId | ProposalId }
  | {
      readonly _tag: "OnInvoice"
      readonly what: keyof typeof onInvoice
      readonly invoiceId: InvoiceId
      readonly payment: number
    }
  | { readonly _tag: "OnItem"; readonly what: keyof typeof onItem; readonly ref: string }
  | { readonly _tag: "OnRefund"; readonly what: keyof typeof onRefund; readonly id: RefundId }
  /** `seal` is of the text that was shown. */
  | { readonly _tag: "Approve" | "Decline"; readonly id: RefundId | ProposalId; readonly seal: string }
  | { readonly _tag: "Because"; readonly draftId: string; readonly reason: Reason }
  | { readonly _tag: "By"; readonly draftId: string; readonly way: Way }
  | { readonly _tag: "Drop"; readonly draftId: string }

/** At most 64 bytes, which is Telegram's limit. Buttons live as long as their messages: codes are only ever added. */
export const encode = (press: Press): string => ["!", ...partsOf(press)].join(":")

const partsOf = (press: Press): ReadonlyArray<string | number> => {
  switch (press._tag) {
    case "Stats":
      return ["s"]
    case "Open":
      return ["l", press.offset]
    case "Item":
      return ["i", press.ref]
    case "Invoice":
      return ["v", press.invoiceId]
    case "Request":
      return ["q", press.id]
    case "OnInvoice":
      return ["a", onInvoice[press.what], press.invoiceId, press.payment]
    case "OnItem":
      return ["b", onItem[press.what], press.ref]
    case "OnRefund":
      return ["c", onRefund[press.what], press.id]
    case "Approve":
      return ["p", press.id, press.seal]
    case "Decline":
      return ["d", press.id, press.seal]
    case "Because":
      return ["y", press.draftId, press.reason]
    case "By":
      return ["w", press.draftId, press.way]
    case "Drop":
      return ["z", press.draftId]
  }
}

/** Whether it is a button of the staff, or made to look like one. */
export const isOfStaff = (data: string): boolean => data.startsWith("!")

/** The inverse of `encode`; `undefined` for what it never makes. */
export const decode = (data: string): Press | undefined => {
  const [mark, code = "", ...parts] = data.split(":")
  const press = mark === "!" ? read(code, parts) : undefined
  return press !== undefined && encode(press) === data ? press : undefined
}

const read = (code: string, [first = "", second = "", third = ""]: ReadonlyArray<string>): Press | undefined => {
  switch (code) {
    case "s":
      return { _tag: "Stats" }
    case "l":
      return isNumber(first) ? { _tag: "Open", offset: Number(first) } : undefined
    case "i":
      return isRef(first) ? { _tag: "Item", ref: first } : undefined
    case "v":
      return isInvoiceId(first) ? { _tag: "Invoice", invoiceId: first } : undefined
    case "q":
      return isRequestId(first) ? { _tag: "Request", id: first } : undefined
    case "a": {
      const what = keyOf(onInvoice, first)
      return what !== undefined && isInvoiceId(second) && isNumber(third)
        ? { _tag: "OnInvoice", what, invoiceId: second, payment: Number(third) }
        : undefined
    }
    case "b": {
      const what = keyOf(onItem, first)
      return what !== undefined && isRef(second) ? { _tag: "OnItem", what, ref: second } : undefined
    }
    case "c": {
      const what = keyOf(onRefund, first)
      return what !== undefined && isRefundId(second) ? { _tag: "OnRefund", what, id: second } : undefined
    }
    case "p":
    case "d":
      return isRequestId(first) && isSeal(second)
        ? { _tag: code === "p" ? "Approve" : "Decline", id: first, seal: second }
        : undefined
    case "y":
      return isDraftId(first) && isKey(reasons, second)
        ? { _tag: "Because", draftId: first, reason: second }
        : undefined
    case "w":
      return isDraftId(first) && isKey(ways, second) ? { _tag: "By", draftId: first, way: second } : undefined
    case "z":
      return isDraftId(first) ? { _tag: "Drop", draftId: first } : undefined
    default:
      return undefined
  }
}

/** Names an open item in few bytes: the same as `sql/owner/find-item.sql` makes. */
export const refOf = ({ stream, item }: { readonly stream: string; readonly item: string }): string =>
  toHex(sha256(`${stream} ${item}`)).slice(0, 24)

/** The first 128 bits of a digest, in hex. */
export const sealOf = (digest: string): string => digest.slice(0, 32)

const isKey = <O extends object>(of: O, key: string): key is keyof O & string => Object.hasOwn(of, key)

const keyOf = <K extends string>(codes: Readonly<Record<K, string>>, code: string): K | undefined => {
  for (const key in codes) if (codes[key] === code) return key
  return undefined
}

const isNumber = (text: string): boolean => /^\d{1,4}$/.test(text)
const isRef = (text: string): boolean => /^[0-9a-f]{24}$/.test(text)
const isSeal = (text: string): boolean => /^[0-9a-f]{32}$/.test(text)
const isDraftId = (text: string): boolean => /^[0-9a-z]{20}$/.test(text)
const isInvoiceId = Schema.is(InvoiceId)
const isRefundId = Schema.is(RefundId)
const isRequestId = Schema.is(Schema.Union([RefundId, ProposalId]))
