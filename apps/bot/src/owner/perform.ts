/** Carries out a complete act, as a command of the person who gave it. The same act again changes nothing more. */
import * as Invoice from "@paylog/domain/Invoice"
import * as FulfilByHand from "@paylog/payments/FulfilByHand"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import type { Who } from "@paylog/payments/Manual"
import * as Proposals from "@paylog/payments/Proposals"
import * as Refunds from "@paylog/payments/Refunds"
import { Effect } from "effect"
import type { Act } from "./Act.ts"
import type { Page } from "./Page.ts"

/** What there is to see after it: the refund or proposal that another person has to approve, or the invoice. */
export const perform = Effect.fn("owner.perform")(function* (act: Act, who: Who) {
  switch (act._tag) {
    case "Accept":
      yield* HeldMoney.accept(act.invoiceId, act.payment, who)
      return invoicePage(act.invoiceId)
    case "Dismiss":
      yield* HeldMoney.dismiss(act.stream, act.payment, who)
      return pageOf(act.stream, `payment-${act.payment}`)
    case "Refund": {
      const { stream, payment, refundId, amount } = act
      yield* Refunds.request(stream, { refundId, payment, amount }, who)
      return { _tag: "Request", stream, id: refundId } satisfies Page
    }
    case "Hold":
    case "Release": {
      const { invoiceId, payment, proposalId } = act
      const _tag = act._tag === "Hold" ? "HoldPayment" : "ReleasePayment"
      const { stream } = yield* Proposals.proposeCorrection(invoiceId, { _tag, payment }, who, { proposalId })
      return { _tag: "Request", stream, id: proposalId } satisfies Page
    }
    case "VoidRefund": {
      const { invoiceId, refundId, proposalId } = act
      const correction = { _tag: "VoidRefund", refundId } as const
      const { stream } = yield* Proposals.proposeCorrection(invoiceId, correction, who, { proposalId })
      return { _tag: "Request", stream, id: proposalId } satisfies Page
    }
    case "Assign": {
      const { stream, payment, invoiceId, proposalId } = act
      if (invoiceId === undefined) return yield* Effect.die(new Error("An assignment without an invoice"))
      yield* Proposals.proposeAssignment(stream, { payment, invoiceId }, who, { proposalId })
      return { _tag: "Request", stream, id: proposalId } satisfies Page
    }
    case "Retry":
      yield* FulfilByHand.retry(act.invoiceId, who)
      return invoicePage(act.invoiceId)
    case "Delivered":
      yield* FulfilByHand.record(act.invoiceId, act.reference ?? "", who)
      return invoicePage(act.invoiceId)
    case "Withdraw":
      yield* Refunds.withdraw(act.stream, act.refundId, who)
      return { _tag: "Request", stream: act.stream, id: act.refundId } satisfies Page
    case "Decline":
      yield* Proposals.decline(act.stream, act.proposalId, who)
      return { _tag: "Request", stream: act.stream, id: act.proposalId } satisfies Page
    case "Sent": {
      const { stream, refundId, amount, way = "", reference = "" } = act
      yield* Refunds.record(stream, refundId, { sent: amount, way, reference }, who)
      return { _tag: "Request", stream, id: refundId } satisfies Page
    }
  }
})

const invoicePage = (invoiceId: Invoice.InvoiceId): Page => ({ _tag: "Invoice", invoiceId })

const pageOf = (stream: string, item: string): Page => {
  const invoiceId = Invoice.idOf(stream)
  return invoiceId === undefined ? { _tag: "Item", stream, item } : invoicePage(invoiceId)
}
