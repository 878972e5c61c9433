/**
 * What one person proposes and another approves: a correction of an invoice, or unmatched money for an invoice. Where the
 * money changes streams, both histories change in one append.
 */
import type { Correction } from "@paylog/domain/Correction"
import * as Invoice from "@paylog/domain/Invoice"
import { InvoiceNotFound } from "@paylog/domain/InvoiceDecisions"
import type { StaffId } from "@paylog/domain/Manual"
import * as ManualDecisions from "@paylog/domain/ManualDecisions"
import type { PaymentReceived } from "@paylog/domain/Payment"
import { longestDays, ProposalId, ProposalNotFound, type ProposalTaken } from "@paylog/domain/Proposal"
import * as Unmatched from "@paylog/domain/Unmatched"
import { EventStore } from "@paylog/event-store/EventStore"
import { DateTime, Effect, Equal, Option, Schema, Struct } from "effect"
import { type Beside, deciding, execute, executeBeside, isRejection } from "./Execute.ts"
import * as Ids from "./Ids.ts"
import * as Invoices from "./Invoices.ts"
import * as Manual from "./Manual.ts"
import type { About } from "./Metadata.ts"
import { unmatchedDecider } from "./Observe.ts"
import { sha256, toHex } from "./sha256.ts"
import * as StoredEvents from "./StoredEvents.ts"

/** The invoice has this payment already, so that assigning it there would lose it. */
export class AlreadyThere extends Schema.TaggedError<AlreadyThere>()("AlreadyThere", {
  invoiceId: Invoice.InvoiceId,
}) {
  override readonly message = `Invoice ${this.invoiceId} has this payment already`
}

export interface Options {
  /** Given by a caller that may repeat itself; the same id and proposal is one proposal. Default: a new id. */
  readonly proposalId?: ProposalId
  /** How long it can be approved: up to 7 days, which is the default. */
  readonly hours?: number
}

/** Proposes a correction of an invoice. An exact repetition answers with what the first call proposed. */
export const proposeCorrection = Effect.fn("Proposals.proposeCorrection")(function* (
  invoiceId: Invoice.InvoiceId,
  correction: Correction,
  who: Manual.Who,
  options: Options = {},
) {
  const { manual, about } = yield* Manual.act(who)
  const stream = Invoice.stream(invoiceId)
  const state = yield* Invoices.get(invoiceId)
  if (state._tag === "Absent") return yield* new InvoiceNotFound()
  const proposing = { ...(yield* opening(options, manual.at)), correction, ...manual }
  const digest = digestOf(ManualDecisions.textOf(state, { _tag: "ProposeCorrection", ...proposing }))
  const { proposalId } = proposing
  yield* execute(Manual.invoices, {
    stream,
    purpose: `propose/${proposalId}`,
    command: { _tag: "ProposeCorrection", ...proposing, digest },
    about,
  }).pipe(Effect.catchTag("ProposalTaken", (taken) => repeated(stream, taken, { by: who.by, what: correction })))
  return yield* show(stream, proposalId)
})

/** Proposes that the unmatched payment of an order is for an invoice. An exact repetition answers with the first proposal. */
export const proposeAssignment = Effect.fn("Proposals.proposeAssignment")(function* (
  stream: string,
  assignment: Unmatched.Assignment,
  who: Manual.Who,
  options: Options = {},
) {
  const { manual, about } = yield* Manual.act(who)
  const target = yield* Invoices.get(assignment.invoiceId)
  if (target._tag === "Absent") return yield* new InvoiceNotFound()
  const { state } = yield* (yield* EventStore).load(Manual.unmatched.fold, stream)
  const proposing = { ...(yield* opening(options, manual.at)), ...assignment, ...manual }
  const digest = digestOf(Unmatched.textOf(state, { _tag: "ProposeAssignment", ...proposing }))
  const { proposalId } = proposing
  yield* execute(Manual.unmatched, {
    stream,
    purpose: `propose/${proposalId}`,
    command: { _tag: "ProposeAssignment", ...proposing, digest },
    about,
  }).pipe(Effect.catchTag("ProposalTaken", (taken) => repeated(stream, taken, { by: who.by, what: assignment })))
  return yield* show(stream, proposalId)
})

export interface Approval {
  readonly proposalId: ProposalId
  /** Of the text that was read. */
  readonly digest: string
}

/**
 * Carries out what another person proposed. `false`: this person's approval was carried out before. Money that leaves an
 * invoice is unmatched from that append on, and money that is assigned is the invoice's, which judges it as any other.
 */
export const approve = Effect.fn("Proposals.approve")(function* (stream: string, approval: Approval, who: Manual.Who) {
  const { manual, about } = yield* Manual.act(who)
  const execution = {
    stream,
    purpose: `approve/${approval.proposalId}`,
    command: { _tag: "Approve", ...approval, ...manual },
    about,
  } as const
  const { events } =
    Invoice.idOf(stream) === undefined
      ? yield* executeBeside(Manual.unmatched, execution, arriving(about))
      : yield* executeBeside(Manual.invoices, execution, leaving(about))
  return events.length > 0
})

/**
 * Ends a proposal: it cannot be approved any more. By another person, who refuses it, or by whoever proposed it, who takes it back.
 * `false`: somebody has declined it before.
 */
export const decline = Effect.fn("Proposals.decline")(function* (
  stream: string,
  proposalId: ProposalId,
  who: Manual.Who,
) {
  const { manual, about } = yield* Manual.act(who)
  const execution = {
    stream,
    purpose: `decline/${proposalId}`,
    command: { _tag: "Decline", proposalId, ...manual },
    about,
  } as const
  const { events } =
    Invoice.idOf(stream) === undefined
      ? yield* execute(Manual.unmatched, execution)
      : yield* execute(Manual.invoices, execution)
  return events.length > 0
})

/** A payment that two people take off an invoice is unmatched money from there on. */
const leaving =
  (about: About): Beside<Invoice.Invoice, Invoice.InvoiceEvent, never> =>
  ({ state, events }) => {
    const released = events.find((event) => event._tag === "CorrectionApproved")?.correction
    if (released?._tag !== "ReleasePayment" || state._tag === "Absent") return Effect.undefined
    const received = state.payments[released.payment - 1]?.received
    if (received === undefined) return Effect.undefined
    const { invoiceId } = state.terms
    return deciding(unmatchedDecider, {
      stream: Unmatched.stream(received),
      command: { _tag: "RecordReleased", invoiceId, received },
      about,
    })
  }

/** The invoice must take the payment: else it would be nobody's. */
const arriving = (
  about: About,
): Beside<Unmatched.Unmatched, Unmatched.UnmatchedEvent, InvoiceNotFound | AlreadyThere> =>
  Effect.fnUntraced(function* ({ state, events }) {
    const assigned = events.find((event) => event._tag === "PaymentAssigned")
    const received = assigned && state.payments[assigned.payment - 1]?.received
    if (assigned === undefined || received === undefined) return undefined
    const { invoiceId } = assigned
    const taken = yield* deciding(Invoices.decider, {
      stream: Invoice.stream(invoiceId),
      command: { _tag: "RecordAssigned", payment: factOf(received) },
      about,
    }).pipe(
      // Recording a payment is refused for want of an invoice, and for nothing else.
      Effect.catchIf((failure) => isRejection(failure) && failure._tag !== "InvoiceNotFound", Effect.die),
    )
    return taken ?? (yield* new AlreadyThere({ invoiceId }))
  })

const factOf = (received: PaymentReceived) => Struct.omit(received, ["_tag"])

/** When the id is taken by the same proposal of the same person, it was made before. */
const repeated = Effect.fnUntraced(function* (
  stream: string,
  taken: ProposalTaken,
  mine: { readonly by: StaffId; readonly what: Proposal["what"] },
) {
  const made = yield* Effect.option(show(stream, taken.proposalId))
  if (Option.isNone(made) || made.value.proposedBy !== mine.by || !Equal.equals(made.value.what, mine.what))
    return yield* taken
})

const opening = Effect.fnUntraced(function* ({ proposalId, hours = longestDays * 24 }: Options, at: DateTime.Utc) {
  return { proposalId: proposalId ?? (yield* Ids.proposalId), expiresAt: DateTime.add(at, { hours }) }
})

const digestOf = (text: string): string => toHex(sha256(text))

// -- Reading.

/** A proposal as it stands in the log: what the approver has to read, and what binds the approval to it. */
export interface Proposal {
  readonly stream: string
  readonly proposalId: ProposalId
  readonly what: Correction | Unmatched.Assignment
  readonly text: string
  /** SHA-256, hex, of the text. */
  readonly digest: string
  readonly proposedBy: StaffId
  readonly proposedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  readonly approvedBy: StaffId | undefined
  readonly declinedBy: StaffId | undefined
}

/** The text of a proposal, made anew from the log, has another digest than the one that was proposed: do not approve it. */
export class TextDiffers extends Schema.TaggedError<TextDiffers>()("TextDiffers", { proposalId: ProposalId }) {
  override readonly message = `The text of ${this.proposalId} is not what was proposed: this program reads the log otherwise than the one that proposed it`
}

/** The proposal, with its text made anew from the events that were there before it. Reads the whole stream. */
export const show = Effect.fn("Proposals.show")(function* (stream: string, proposalId: ProposalId) {
  const recorded = yield* (yield* EventStore).readStream(stream)
  const found =
    Invoice.idOf(stream) === undefined
      ? assignmentIn(recorded.map(StoredEvents.unmatched.decode), proposalId)
      : correctionIn(recorded.map(StoredEvents.invoice.decode), proposalId)
  if (found === undefined) return yield* new ProposalNotFound({ proposalId })
  const { event, what, text, approvedBy, declinedBy } = found
  const { digest, by: proposedBy, proposedAt, expiresAt } = event
  if (digestOf(text) !== digest) return yield* new TextDiffers({ proposalId })
  const proposal: Proposal = {
    stream,
    proposalId,
    what,
    text,
    digest,
    proposedBy,
    proposedAt,
    expiresAt,
    approvedBy,
    declinedBy,
  }
  return proposal
})

const correctionIn = (events: ReadonlyArray<Invoice.InvoiceEvent>, proposalId: ProposalId) => {
  const place = events.findIndex((event) => event._tag === "CorrectionProposed" && event.proposalId === proposalId)
  const event = events[place]
  if (event?._tag !== "CorrectionProposed") return undefined
  const state = Invoice.fold(events.slice(0, place))
  if (state._tag === "Absent") return undefined
  const [approvedBy] = events.flatMap((event) =>
    event._tag === "CorrectionApproved" && event.proposalId === proposalId ? [event.by] : [],
  )
  const declinedBy = declinerIn(events, proposalId)
  const text = ManualDecisions.textOf(state, { ...event, _tag: "ProposeCorrection", at: event.proposedAt })
  return { event, what: event.correction, text, approvedBy, declinedBy }
}

const assignmentIn = (events: ReadonlyArray<Unmatched.UnmatchedEvent>, proposalId: ProposalId) => {
  const place = events.findIndex((event) => event._tag === "AssignmentProposed" && event.proposalId === proposalId)
  const event = events[place]
  if (event?._tag !== "AssignmentProposed") return undefined
  const state = events.slice(0, place).reduce(Unmatched.evolve, Unmatched.absent)
  const [approvedBy] = events.flatMap((event) =>
    event._tag === "PaymentAssigned" && event.proposalId === proposalId ? [event.by] : [],
  )
  const text = Unmatched.textOf(state, { ...event, _tag: "ProposeAssignment", at: event.proposedAt })
  const { payment, invoiceId } = event
  return { event, what: { payment, invoiceId }, text, approvedBy, declinedBy: declinerIn(events, proposalId) }
}

const declinerIn = (
  events: ReadonlyArray<Invoice.InvoiceEvent | Unmatched.UnmatchedEvent>,
  proposalId: ProposalId,
): StaffId | undefined =>
  events.flatMap((event) => (event._tag === "ProposalDeclined" && event.proposalId === proposalId ? [event.by] : []))[0]
