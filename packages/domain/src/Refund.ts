/**
 * Money on its way back to whoever paid it. One person asks for a refund, another makes it and records the evidence: a
 * provider like Wallet Pay has no call for it. Invoices have refunds, and so has money that matches no invoice.
 */
import { DateTime, Equal, Result, Schema } from "effect"
import { manual, type Manual, SamePerson, StaffId } from "./Manual.ts"
import * as Money from "./Money.ts"
import { clip, Digest, explain, Text, Word } from "./Text.ts"
import { Time } from "./Time.ts"

export const RefundId = Schema.String.check(Schema.isPattern(/^rfd_[0-9a-z]{20}$/)).pipe(Schema.brand("RefundId"))
export type RefundId = typeof RefundId.Type

/** Which rule a refund follows: part of the policy in force when the invoice was issued. */
export const RefundRule = Schema.Struct({
  /** Who bears the provider's fee: with "Shop" all that the payer paid goes back, with "Customer" what the shop got. */
  fee: Schema.Literals(["Shop", "Customer"]),
  /** For how many days after it was completed the payment that paid the invoice can be given back. Held money always can. */
  days: Schema.Natural,
})
export type RefundRule = typeof RefundRule.Type

// -- Events. Tags and fields are the stored format: add, never rename.

/** From now on this much of the payment is to go back. It is never more than is left of it. */
export const RefundRequested = Schema.TaggedStruct("RefundRequested", {
  refundId: RefundId,
  payment: Schema.Natural.check(Schema.isGreaterThan(0)),
  provider: Word,
  orderId: Word,
  amount: Money.Stated,
  ...manual,
  requestedAt: Time,
})
export type RefundRequested = typeof RefundRequested.Type

/** What was sent, when, and how it can be found again. */
export const Evidence = Schema.Struct({
  /** In the refund's currency it is the refund's amount; in another one, two people say that it is worth that. */
  sent: Money.Money,
  sentAt: Time,
  /** "bank transfer", "transfer in Wallet". */
  way: Text,
  /** The transfer's own id. No name, no account. */
  reference: Text,
  /** SHA-256 of a document that is kept elsewhere. */
  document: Schema.optionalKey(Digest),
})
export type Evidence = typeof Evidence.Type

export const RefundRecorded = Schema.TaggedStruct("RefundRecorded", {
  refundId: RefundId,
  evidence: Evidence,
  ...manual,
  recordedAt: Time,
})

/** From now on this person sends it, and nobody else may: until they have, or have not. */
export const RefundTaken = Schema.TaggedStruct("RefundTaken", {
  refundId: RefundId,
  ...manual,
  takenAt: Time,
})

/** Whoever had taken it has not sent it, and will not: it is as it was before. */
export const RefundDropped = Schema.TaggedStruct("RefundDropped", {
  refundId: RefundId,
  takenBy: StaffId,
  ...manual,
  droppedAt: Time,
})

/** Nothing was sent, and nothing will be: the money is as it was before the request. */
export const RefundWithdrawn = Schema.TaggedStruct("RefundWithdrawn", {
  refundId: RefundId,
  ...manual,
  withdrawnAt: Time,
})

export const events = [RefundRequested, RefundTaken, RefundDropped, RefundRecorded, RefundWithdrawn] as const
export type RefundEvent = (typeof events)[number]["Type"]

// -- State: the refunds of one payment.

export interface Refund {
  readonly refundId: RefundId
  readonly amount: Money.Stated
  readonly requestedBy: StaffId
  /** Who sends it, while it is `Requested`: the money may have left already. */
  readonly takenBy: StaffId | undefined
  /** `Void`: it was recorded, and the money came back or never went. */
  readonly progress: "Requested" | "Recorded" | "Withdrawn" | "Void"
  readonly evidence: Evidence | undefined
}

/** A payment, as far as refunds go. */
export interface Refundable {
  readonly received: {
    readonly provider: string
    readonly orderId: string
    readonly gross: Money.Stated
    readonly net: Money.Stated
  }
  readonly refunds: ReadonlyArray<Refund>
}

/** Whether the money goes back, or has gone. */
export const isLive = ({ progress }: Refund): boolean => progress === "Requested" || progress === "Recorded"

export const hasLive = ({ refunds }: Refundable): boolean => refunds.some(isLive)

/** What can go back of a payment at most. */
const limitOf = ({ gross, net }: Refundable["received"], fee: RefundRule["fee"]): Money.Stated =>
  fee === "Customer" && Money.isMoney(gross) && Money.isMoney(net) && gross.currency === net.currency ? net : gross

/** What can still go back, or `undefined` for nothing. Of an amount that nobody can read goes back all or nothing. */
export const leftOf = ({ received, refunds }: Refundable, fee: RefundRule["fee"]): Money.Stated | undefined => {
  const limit = limitOf(received, fee)
  const live = refunds.filter(isLive)
  if (!Money.isMoney(limit)) return live.length === 0 ? limit : undefined
  const left = live.reduce((left, { amount }) => (Money.isMoney(amount) ? less(left, amount) : left), limit)
  return left.minor > 0n ? left : undefined
}

/** Whether all of it goes back, or has gone. */
export const isReturned = (payment: Refundable, fee: RefundRule["fee"]): boolean =>
  hasLive(payment) && leftOf(payment, fee) === undefined

/** Refunds are in the currency of their payment: `decide` saw to it. */
const less = (left: Money.Money, amount: Money.Money): Money.Money => Money.subtract(left, amount) ?? left

/** The payments after a refund's event. */
export const evolve = <P extends Refundable>(payments: ReadonlyArray<P>, event: RefundEvent): ReadonlyArray<P> => {
  switch (event._tag) {
    case "RefundRequested": {
      const { refundId, amount, by: requestedBy } = event
      const progress = "Requested"
      const refund: Refund = { refundId, amount, requestedBy, takenBy: undefined, progress, evidence: undefined }
      return payments.map((payment, place) =>
        place === event.payment - 1 ? { ...payment, refunds: [...payment.refunds, refund] } : payment,
      )
    }
    case "RefundTaken":
      return change(payments, event.refundId, { takenBy: event.by })
    case "RefundDropped":
      return change(payments, event.refundId, { takenBy: undefined })
    case "RefundRecorded":
      return change(payments, event.refundId, { progress: "Recorded", evidence: event.evidence })
    case "RefundWithdrawn":
      return change(payments, event.refundId, { progress: "Withdrawn" })
  }
}

/** The payments with one refund changed. */
export const change = <P extends Refundable>(
  payments: ReadonlyArray<P>,
  refundId: RefundId,
  changes: Partial<Refund>,
): ReadonlyArray<P> =>
  payments.map((payment) =>
    payment.refunds.some((refund) => refund.refundId === refundId)
      ? {
          ...payment,
          refunds: payment.refunds.map((refund) => (refund.refundId === refundId ? { ...refund, ...changes } : refund)),
        }
      : payment,
  )

// -- Commands.

export interface RequestRefund extends Manual {
  readonly _tag: "RequestRefund"
  readonly refundId: RefundId
  /** The stream's first payment is 1. */
  readonly payment: number
  readonly amount: Money.Stated
}

export interface TakeRefund extends Manual {
  readonly _tag: "TakeRefund"
  readonly refundId: RefundId
}

export interface DropRefund extends Manual {
  readonly _tag: "DropRefund"
  readonly refundId: RefundId
  /** Who has taken it: a person says it for themselves, or for somebody who cannot. */
  readonly takenBy: StaffId
}

export interface RecordRefund extends Manual {
  readonly _tag: "RecordRefund"
  readonly refundId: RefundId
  readonly evidence: Evidence
}

export interface WithdrawRefund extends Manual {
  readonly _tag: "WithdrawRefund"
  readonly refundId: RefundId
}

// -- Rejections.

export class RefundNotFound extends Schema.TaggedError<RefundNotFound>()("RefundNotFound", { refundId: RefundId }) {
  override readonly message = `There is no refund ${this.refundId}`
}

/** The id is taken by a refund of something else. */
export class RefundAlreadyRequested extends Schema.TaggedError<RefundAlreadyRequested>()("RefundAlreadyRequested", {
  refundId: RefundId,
}) {
  override readonly message = `Refund ${this.refundId} was requested of something else`
}

/** The refund is past the point where this can be done; the progress completes "The refund is …". */
export class RefundClosed extends Schema.TaggedError<RefundClosed>()("RefundClosed", { progress: Schema.String }) {
  override readonly message = `The refund is ${this.progress.toLowerCase()}`
}

/** Somebody sends the refund, and their money may have left: nobody else does, and nobody withdraws it. */
export class RefundTakenBy extends Schema.TaggedError<RefundTakenBy>()("RefundTakenBy", { staffId: StaffId }) {
  override readonly message = `The refund is being sent by ${this.staffId}, who first has to say that it was not sent`
}

/** A refund is of something, in the payment's currency, and of no more than is left of the payment. */
export class NotRefundable extends Schema.TaggedError<NotRefundable>()("NotRefundable", {
  left: Schema.UndefinedOr(Schema.toType(Money.Stated)),
}) {
  override readonly message = "A refund is more than nothing, and no more than is left of the payment"
}

/** The evidence is of something else; the reason completes "The evidence does not fit: …". */
export class EvidenceUnfit extends Schema.TaggedError<EvidenceUnfit>()("EvidenceUnfit", { reason: Schema.String }) {
  override readonly message = `The evidence does not fit: ${this.reason}`
}

export type RefundRejected =
  | RefundNotFound
  | RefundAlreadyRequested
  | RefundClosed
  | RefundTakenBy
  | NotRefundable
  | EvidenceUnfit
  | SamePerson

// -- Decisions: an event, or nothing when it is already so.

type Decision = Result.Result<ReadonlyArray<RefundEvent>, RefundRejected>

const accept = (...events: ReadonlyArray<RefundEvent>): Decision => Result.succeed(events)
const reject = (rejected: RefundRejected): Decision => Result.fail(rejected)

/** The refund under this id, of whichever payment. */
export const find = (payments: ReadonlyArray<Refundable>, refundId: RefundId): Refund | undefined =>
  payments.flatMap(({ refunds }) => refunds).find((refund) => refund.refundId === refundId)

/** `undefined` when the id is free; else what a repetition of the request comes to. */
export const repeated = (payments: ReadonlyArray<Refundable>, command: RequestRefund): Decision | undefined => {
  const known = find(payments, command.refundId)
  if (known === undefined) return undefined
  const same =
    known.requestedBy === command.by &&
    Money.sameStatement(known.amount, command.amount) &&
    payments[command.payment - 1]?.refunds.includes(known)
  return same ? accept() : reject(new RefundAlreadyRequested({ refundId: command.refundId }))
}

/** A new refund, of a payment of which something may go back. */
export const request = (payment: Refundable, fee: RefundRule["fee"], command: RequestRefund): Decision => {
  const { refundId, payment: number, amount, by, reason, at } = command
  const left = leftOf(payment, fee)
  if (left === undefined || !isWithin(amount, left)) return reject(new NotRefundable({ left }))
  const { provider, orderId } = payment.received
  const stated = { refundId, payment: number, provider, orderId, amount }
  return accept({ _tag: "RefundRequested", ...stated, by, reason: explain(reason), requestedAt: at })
}

const isWithin = (amount: Money.Stated, left: Money.Stated): boolean => {
  if (!Money.isMoney(amount) || !Money.isMoney(left)) return Money.sameStatement(amount, left)
  const rest = Money.subtract(left, amount)
  return amount.minor > 0n && rest !== undefined && rest.minor >= 0n
}

/** Another person than the one who asked is about to send it: from here on they alone. */
export const take = (payments: ReadonlyArray<Refundable>, command: TakeRefund): Decision => {
  const { refundId, by, reason, at } = command
  const refund = find(payments, refundId)
  if (refund === undefined) return reject(new RefundNotFound({ refundId }))
  if (refund.progress !== "Requested") return reject(new RefundClosed({ progress: refund.progress }))
  if (refund.requestedBy === by) return reject(new SamePerson())
  if (refund.takenBy === by) return accept()
  if (refund.takenBy !== undefined) return reject(new RefundTakenBy({ staffId: refund.takenBy }))
  return accept({ _tag: "RefundTaken", refundId, by, reason: explain(reason), takenAt: at })
}

/** It was not sent. Somebody else may say so than who has taken it, and says who that is: they have made sure. */
export const drop = (payments: ReadonlyArray<Refundable>, command: DropRefund): Decision => {
  const { refundId, takenBy, by, reason, at } = command
  const refund = find(payments, refundId)
  if (refund === undefined) return reject(new RefundNotFound({ refundId }))
  if (refund.progress !== "Requested") return reject(new RefundClosed({ progress: refund.progress }))
  if (refund.takenBy === undefined) return accept()
  if (refund.takenBy !== takenBy) return reject(new RefundTakenBy({ staffId: refund.takenBy }))
  return accept({ _tag: "RefundDropped", refundId, takenBy, by, reason: explain(reason), droppedAt: at })
}

const isTakenByAnother = (refund: Refund, by: StaffId): refund is Refund & { readonly takenBy: StaffId } =>
  refund.takenBy !== undefined && refund.takenBy !== by

/** Another person than the one who asked has made it. */
export const record = (payments: ReadonlyArray<Refundable>, command: RecordRefund): Decision => {
  const { refundId, by, reason, at } = command
  const refund = find(payments, refundId)
  if (refund === undefined) return reject(new RefundNotFound({ refundId }))
  const { way, reference } = command.evidence
  const evidence: Evidence = { ...command.evidence, way: clip(way), reference: clip(reference) }
  if (refund.progress === "Recorded" && Equal.equals(refund.evidence, evidence)) return accept()
  if (refund.progress !== "Requested") return reject(new RefundClosed({ progress: refund.progress }))
  if (refund.requestedBy === by) return reject(new SamePerson())
  if (isTakenByAnother(refund, by)) return reject(new RefundTakenBy({ staffId: refund.takenBy }))
  const { sent, sentAt } = evidence
  if (sent.minor <= 0n) return reject(new EvidenceUnfit({ reason: "nothing was sent" }))
  if (Money.isMoney(refund.amount) && sent.currency === refund.amount.currency && !Money.equals(sent, refund.amount))
    return reject(new EvidenceUnfit({ reason: "another amount was sent" }))
  if (DateTime.isGreaterThan(sentAt, at)) return reject(new EvidenceUnfit({ reason: "it is of a time to come" }))
  return accept({ _tag: "RefundRecorded", refundId, evidence, by, reason: explain(reason), recordedAt: at })
}

/** Anybody may withdraw a refund that nobody sends: whoever has taken it drops it first, since the money may have left. */
export const withdraw = (payments: ReadonlyArray<Refundable>, command: WithdrawRefund): Decision => {
  const { refundId, by, reason, at } = command
  const refund = find(payments, refundId)
  if (refund === undefined) return reject(new RefundNotFound({ refundId }))
  if (refund.progress === "Withdrawn") return accept()
  if (refund.progress !== "Requested") return reject(new RefundClosed({ progress: refund.progress }))
  if (refund.takenBy !== undefined) return reject(new RefundTakenBy({ staffId: refund.takenBy }))
  return accept({ _tag: "RefundWithdrawn", refundId, by, reason: explain(reason), withdrawnAt: at })
}
