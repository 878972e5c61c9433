/** An invoice as it stands after one of its events, for people and programs. */
import { fulfilledOf } from "@paylog/domain/Fulfilment"
import * as Invoice from "@paylog/domain/Invoice"
import * as Obligations from "@paylog/domain/Obligations"
import { title } from "@paylog/payments/title"
import { DateTime } from "effect"
import type { Step } from "./invoiceHistory.ts"
import * as money from "./money.ts"
import * as print from "./print.ts"
import * as sentences from "@paylog/payments/sentences"

const iso = (time: DateTime.Utc | undefined): string | null => (time === undefined ? null : DateTime.formatIso(time))

/** All that its events say, as one JSON value: money as decimal text, times in UTC. */
export const json = (state: Invoice.Existing) => {
  const { terms, request, order, payments, proposals, cancelledAt } = state
  const { tolerance, ...policy } = terms.policy
  return {
    invoiceId: terms.invoiceId,
    status: state._tag,
    customerId: terms.customerId,
    amount: money.json(terms.amount),
    lines: terms.lines.map(({ title, quantity, unitPrice }) => ({ title, quantity, unitPrice: money.json(unitPrice) })),
    issuedAt: iso(terms.issuedAt),
    payBy: iso(terms.payBy),
    policy: { ...policy, tolerance: money.json(tolerance) },
    order:
      request === undefined
        ? null
        : {
            provider: request.provider,
            externalId: request.externalId,
            amount: money.json(request.amount),
            requestedAt: iso(request.requestedAt),
            repeatUntil: iso(request.repeatUntil),
            payableUntil: iso(Invoice.payableUntil(request, order)),
            orderId: order?.orderId ?? null,
            number: order?.number ?? null,
            payLink: order?.payLink ?? null,
            directPayLink: order?.directPayLink ?? null,
            expiresAt: iso(order?.expiresAt),
            refused: state.refused,
            conflicted: state.conflicted,
          },
    cancelledAt: iso(cancelledAt),
    fulfilment: state.fulfilment === undefined ? null : fulfilmentJson(state.fulfilment),
    payments: payments.map((payment, place) => {
      const { completedAt, ...others } = money.paymentJson(payment, place)
      return { ...others, completedAt: iso(completedAt) }
    }),
    proposals: proposals.map(({ proposalId, what, digest, proposedBy, expiresAt, approvedBy, declinedBy }) => ({
      proposalId,
      what,
      digest,
      proposedBy,
      expiresAt: iso(expiresAt),
      approvedBy: approvedBy ?? null,
      declinedBy: declinedBy ?? null,
    })),
    obligations: Obligations.of(state).map((one) =>
      "amount" in one ? { ...one, amount: money.json(one.amount) } : one,
    ),
  }
}

const fulfilmentJson = (ended: Exclude<Invoice.Existing["fulfilment"], undefined>) => {
  switch (ended._tag) {
    case "InvoiceFulfilled":
      return { fulfilledAt: iso(ended.fulfilledAt), reference: ended.reference, by: ended.by ?? null }
    case "FulfilmentFailed":
      return { failedAt: iso(ended.failedAt), reason: ended.reason }
  }
}

/** Where in the log it stands so. */
export const placeJson = ({ recorded: { version, position, recordedAtMs } }: Step) => ({
  version,
  position,
  recordedAt: new Date(recordedAtMs).toISOString(),
})

/** Lines for a terminal. */
export const text = (step: Step): string => {
  const { after: state, recorded } = step
  const { terms, request, order, payments, cancelledAt } = state
  const rows: Array<[string, string]> = [
    ["for", print.plain(title(terms))],
    ["amount", money.words(terms.amount)],
    ["customer", terms.customerId],
    ["issued", DateTime.formatIso(terms.issuedAt)],
    ["pay by", DateTime.formatIso(terms.payBy)],
  ]
  if (request !== undefined)
    rows.push(
      [
        "order",
        `${request.provider} ${order === undefined ? "not opened" : `${order.orderId}, number ${print.plain(order.number)}`}`,
      ],
      ["order asked for", `${DateTime.formatIso(request.requestedAt)}, as ${request.externalId}`],
      ["payable until", DateTime.formatIso(Invoice.payableUntil(request, order))],
    )
  if (order !== undefined && order.payLink !== "") rows.push(["link", print.plain(order.payLink)])
  if (cancelledAt !== undefined) rows.push(["cancelled", DateTime.formatIso(cancelledAt)])
  const fulfilled = fulfilledOf(state)
  if (fulfilled !== undefined)
    rows.push(["fulfilled", `${DateTime.formatIso(fulfilled.fulfilledAt)}: ${print.plain(fulfilled.reference)}`])
  rows.push(["recorded", `version ${recorded.version}, position ${recorded.position}, ${placeJson(step).recordedAt}`])
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `${terms.invoiceId} is ${state._tag}. ${sentences.status[state._tag]}`,
    "",
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...(payments.length === 0 ? [] : ["", money.tableText(payments)]),
    ...openLines(state),
  ].join("\n")
}

const openLines = (state: Invoice.Existing): ReadonlyArray<string> => {
  const open = Obligations.of(state)
  if (open.length === 0) return []
  return ["", "Open:", ...open.map((one) => `  ${obligation(one)}`)]
}

const obligation = (one: Obligations.Obligation): string => {
  switch (one._tag) {
    case "Decide":
      return `payment ${one.payment}, ${money.words(one.amount)}: to decide on, ${sentences.held[one.reason].why}`
    case "Explain":
      return `statement ${one.payment}: to explain, ${sentences.held[one.reason].why}`
    case "Refund":
      return `${one.refundId}, ${money.words(one.amount)} of payment ${one.payment}: to be sent back`
    case "Fulfil":
      return `payment ${one.payment}, ${money.words(one.amount)}: paid and not delivered, ${one.reason}`
  }
}
