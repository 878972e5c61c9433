/** Recording what a provider says. Money ends as exactly one of: applied, held, unmatched, duplicate. */
import { DateTime, Effect, Option, Schema } from "effect"
import * as Invoice from "@paylog/domain/Invoice"
import type { InvoiceCommand } from "@paylog/domain/InvoiceDecisions"
import * as Money from "@paylog/domain/Money"
import type { Observation, Payment } from "@paylog/domain/PaymentProvider"
import * as Unmatched from "@paylog/domain/Unmatched"
import type { Attachment } from "@paylog/event-store/EventStore"
import { decider, execute, isRejection } from "./Execute.ts"
import { decider as invoiceDecider } from "./Invoices.ts"
import type { About } from "./Metadata.ts"
import { sha256, toHex } from "./sha256.ts"
import * as StoredEvents from "./StoredEvents.ts"

/** `Ignored`: an order that is not ours was opened, or ended unpaid. It is no money, and nothing is kept. */
export type Outcome = "Applied" | "Held" | "Unmatched" | "Duplicate" | "Ignored"

export interface Heard {
  readonly provider: string
  readonly about: About
  /** The delivery it rests on, when there was one. */
  readonly attachments?: ReadonlyArray<Attachment>
}

/** Records one observation, once, however often and by whatever way it is heard. */
export const observe = Effect.fn("payments.observe")(function* (observation: Observation, heard: Heard) {
  const invoiceId = Schema.decodeOption(Invoice.InvoiceId)(observation.externalId)
  if (Option.isNone(invoiceId)) return yield* unmatched(observation, heard)
  return yield* execute(invoiceDecider, {
    stream: Invoice.stream(invoiceId.value),
    purpose: purposeOf(observation, heard.provider),
    command: commandOf(observation, heard.provider),
    ...heard,
  }).pipe(
    Effect.map(({ events }): Outcome => outcomeOf(events)),
    Effect.catchTag("InvoiceNotFound", () => unmatched(observation, heard)),
    // What a provider tells is recorded as a fact and judged; no other rejection is possible.
    Effect.catchIf(isRejection, Effect.die),
  )
})

const commandOf = (observation: Observation, provider: string): InvoiceCommand => {
  switch (observation._tag) {
    case "OrderOpened":
      return { _tag: "RecordOrderOpened", provider, order: observation.order }
    case "PaymentCompleted":
      return { _tag: "RecordPayment", payment: observation.payment }
    case "OrderClosed":
      return { _tag: "RecordOrderClosed", outcome: observation.outcome, closedAt: observation.closedAt }
  }
}

const outcomeOf = (events: ReadonlyArray<Invoice.InvoiceEvent>): Outcome => {
  if (events.length === 0) return "Duplicate"
  return events.some((event) => event._tag === "PaymentHeld") ? "Held" : "Applied"
}

/** The same for the same statement, by whatever way it came; another amount or time for the same order is another statement. */
const purposeOf = (observation: Observation, provider: string): string => {
  switch (observation._tag) {
    case "OrderOpened":
      return `${provider}/opened/${observation.order.orderId}`
    case "PaymentCompleted":
      return `${provider}/paid/${statement(observation.payment)}`
    case "OrderClosed":
      return `${provider}/closed/${observation.orderId}/${observation.outcome}`
  }
}

const statement = ({ orderId, orderAmount, gross, fee, net, completedAt }: Payment): string =>
  `${orderId}/${toHex(sha256(JSON.stringify([...[orderAmount, gross, fee, net].map(words), DateTime.formatIso(completedAt)])))}`

const words = (stated: Money.Stated): string =>
  `${Money.isMoney(stated) ? Money.format(stated) : stated.unread} ${stated.currency}`

// -- Money that matches no invoice.

export const unmatchedDecider = decider({
  codec: StoredEvents.unmatched,
  initial: Unmatched.absent,
  evolve: Unmatched.evolve,
  decide: Unmatched.decide,
})

/** Only money is kept: an order of somebody else that opened or closed unpaid says nothing about ours. */
const unmatched = Effect.fnUntraced(function* (observation: Observation, heard: Heard) {
  if (observation._tag !== "PaymentCompleted") return "Ignored" as const
  const { externalId, payment } = observation
  const { events } = yield* execute(unmatchedDecider, {
    stream: Unmatched.stream(payment),
    purpose: purposeOf(observation, heard.provider),
    command: { _tag: "RecordUnmatched", externalId, payment },
    ...heard,
  })
  return events.length === 0 ? ("Duplicate" as const) : ("Unmatched" as const)
})
