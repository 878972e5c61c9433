/** What a member of the staff begins by a button, or goes on with: kept as a draft until all of it is said. */
import * as Invoice from "@paylog/domain/Invoice"
import { ProposalId } from "@paylog/domain/Proposal"
import * as Refund from "@paylog/domain/Refund"
import { RefundId } from "@paylog/domain/Refund"
import * as Unmatched from "@paylog/domain/Unmatched"
import type { Database } from "@paylog/event-store/Database"
import type { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import * as UnmatchedMoney from "@paylog/payments/UnmatchedMoney"
import { Effect } from "effect"
import type { Act } from "./Act.ts"
import * as Drafts from "./Drafts.ts"
import * as Items from "./Items.ts"
import type * as Press from "./Press.ts"
import { type Acting, inPlace, newId } from "./reply.ts"
import * as Request from "./Request.ts"

/** Keeps what the person is about to do, and asks for what it lacks. */
export const ask = Effect.fnUntraced(function* (act: Act, acting: Acting) {
  const draftId = newId(acting)
  yield* Drafts.begin(acting.staff.staffId, { draftId, act })
  return inPlace(acting, { _tag: "Ask", draftId })
})

type Beginning =
  | Extract<Press.Press, { readonly _tag: "OnInvoice" | "OnItem" }>
  | (Extract<Press.Press, { readonly _tag: "OnRefund" }> & { readonly what: "VoidRefund" | "Withdraw" })

/** What a button begins; `undefined` when what it is about is not there any more. */
export const begun = Effect.fnUntraced(function* (
  press: Beginning,
  acting: Acting,
): Effect.fn.Return<Act | undefined, StoreUnavailable, Database | EventStore> {
  const refundId = RefundId.make(`rfd_${newId(acting)}`)
  const proposalId = ProposalId.make(`pro_${newId(acting)}`)
  switch (press._tag) {
    case "OnInvoice": {
      const { what, invoiceId, payment } = press
      const state = yield* Invoices.get(invoiceId)
      if (state._tag === "Absent") return undefined
      const stream = Invoice.stream(invoiceId)
      switch (what) {
        case "Accept":
          return { _tag: what, invoiceId, payment }
        case "Dismiss":
          return { _tag: what, stream, payment }
        case "Refund": {
          const of = state.payments[payment - 1]
          const amount = of && Refund.leftOf(of, Invoice.feeRule(state))
          return amount && { _tag: what, stream, payment, refundId, amount }
        }
        case "Hold":
        case "Release":
          return { _tag: what, invoiceId, payment, proposalId }
        case "Retry":
        case "Delivered":
          return { _tag: what, invoiceId }
      }
    }
    case "OnItem": {
      const item = yield* Items.find(press.ref)
      if (item === undefined || item.payment === null || !item.stream.startsWith("unmatched-")) return undefined
      const { stream, payment } = item
      switch (press.what) {
        case "Dismiss":
          return { _tag: "Dismiss", stream, payment }
        case "Assign":
          return { _tag: "Assign", stream, payment, proposalId }
        case "Refund": {
          const of = (yield* UnmatchedMoney.get(stream)).payments[payment - 1]
          const amount = of && Refund.leftOf(of, Unmatched.feeRule)
          return amount && { _tag: "Refund", stream, payment, refundId, amount }
        }
      }
    }
    case "OnRefund": {
      const request = yield* Request.look(press.id)
      if (request === undefined) return undefined
      if (press.what === "Withdraw") return { _tag: "Withdraw", stream: request.stream, refundId: press.id }
      const invoiceId = Invoice.idOf(request.stream)
      return invoiceId && { _tag: "VoidRefund", invoiceId, refundId: press.id, proposalId }
    }
  }
})
