/** What takes a second person: they approve what they have read, or decline it. */
import * as Money from "@paylog/domain/Money"
import { RefundId } from "@paylog/domain/Refund"
import { isRejection } from "@paylog/payments/Execute"
import * as Proposals from "@paylog/payments/Proposals"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { Effect, Schema } from "effect"
import { ask } from "./begin.ts"
import type { Page } from "./Page.ts"
import { approval, reasons } from "./reasons.ts"
import { type Acting, bodyOf, cut, inPlace, say, whoIs, wordsOf } from "./reply.ts"
import * as Request from "./Request.ts"

/** A proposal is carried out by this press. A refund is theirs to send by it, and made once they have said how they sent it. */
export const approve = Effect.fnUntraced(function* (request: Request.Request, acting: Acting) {
  const { id, stream, digest, amount } = request
  const page: Page = { _tag: "Request", stream, id }
  if (isRefundId(id)) {
    if (request.state !== "Open") return inPlace(acting, page)
    if (request.askedBy === acting.staff.staffId) return inPlace(acting, page, wordsOf(acting).request.own)
    if (amount === undefined || !Money.isMoney(amount)) return say(wordsOf(acting).toasts.byHand)
    const refused = yield* rejected(Refunds.take(stream, id, whoIs(approval, acting)))
    return refused === undefined
      ? yield* ask({ _tag: "Sent", stream, refundId: id, amount }, acting)
      : inPlace(acting, page, refused)
  }
  const refused = yield* rejected(Proposals.approve(stream, { proposalId: id, digest }, whoIs(approval, acting)))
  return inPlace(acting, page, refused ?? wordsOf(acting).toasts.done)
})

/** Whoever has taken the refund has not sent it: it waits for somebody again. */
export const notSent = Effect.fnUntraced(function* (id: RefundId, acting: Acting) {
  const request = yield* Request.look(id)
  if (request === undefined) return say(wordsOf(acting).toasts.gone)
  const { stream } = request
  const refused = yield* rejected(Refunds.drop(stream, id, acting.staff.staffId, whoIs(reasons.unsent, acting)))
  return inPlace(acting, { _tag: "Request", stream, id }, refused ?? wordsOf(acting).toasts.notSent)
})

/** It ends, once there is a reason: by another person, or by whoever asked for it. */
export const decline = Effect.fnUntraced(function* ({ id, stream, state, takenBy }: Request.Request, acting: Acting) {
  if (state !== "Open" || takenBy !== undefined) return inPlace(acting, { _tag: "Request", stream, id })
  return yield* ask(
    isRefundId(id) ? { _tag: "Withdraw", stream, refundId: id } : { _tag: "Decline", stream, proposalId: id },
    acting,
  )
})

/** For whoever asked: another person did not approve. Nothing when they took it back themselves. */
export const declinedBy = Effect.fnUntraced(function* ({ staff }: Acting, { stream, id, askedBy }: Request.Request) {
  const asker = (yield* Staff.reachable).find(({ staffId }) => staffId === askedBy)
  return asker === undefined || askedBy === staff.staffId
    ? []
    : [{ customerId: asker.customerId, body: bodyOf({ _tag: "Declined", stream, id, by: staff.staffId }) }]
})

/** In what words it was refused; `undefined`: it was not. */
const rejected = <A, E extends { readonly _tag: string; readonly message: string }, R>(act: Effect.Effect<A, E, R>) =>
  act.pipe(
    Effect.as(undefined),
    Effect.catchIf(isRejection, (error) => Effect.succeed(cut(error.message))),
  )

const isRefundId = Schema.is(RefundId)
