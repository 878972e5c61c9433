/** What takes a second person: they approve what they have read, or decline it. */
import * as Money from "@paylog/domain/Money"
import { RefundId } from "@paylog/domain/Refund"
import { isRejection } from "@paylog/payments/Execute"
import * as Proposals from "@paylog/payments/Proposals"
import * as Staff from "@paylog/payments/Staff"
import { Effect, Schema } from "effect"
import { ask } from "./begin.ts"
import type { Page } from "./Page.ts"
import { approval } from "./reasons.ts"
import { type Acting, bodyOf, cut, inPlace, say, whoIs, wordsOf } from "./reply.ts"
import type { Request } from "./Request.ts"

/** A proposal is carried out by this press; a refund, once the person has said how they sent it. */
export const approve = Effect.fnUntraced(function* (request: Request, acting: Acting) {
  const { id, stream, digest, amount } = request
  const page: Page = { _tag: "Request", stream, id }
  if (isRefundId(id)) {
    if (request.state !== "Open") return inPlace(acting, page)
    if (request.askedBy === acting.staff.staffId) return inPlace(acting, page, wordsOf(acting).request.own)
    if (amount === undefined || !Money.isMoney(amount)) return say(wordsOf(acting).toasts.byHand)
    return yield* ask({ _tag: "Sent", stream, refundId: id, amount }, acting)
  }
  const refused = yield* Proposals.approve(stream, { proposalId: id, digest }, whoIs(approval, acting)).pipe(
    Effect.as(undefined),
    Effect.catchIf(isRejection, (error) => Effect.succeed(cut(error.message))),
  )
  return inPlace(acting, page, refused ?? wordsOf(acting).toasts.done)
})

/** It ends, once there is a reason: by another person, or by whoever asked for it. */
export const decline = Effect.fnUntraced(function* ({ id, stream, state }: Request, acting: Acting) {
  if (state !== "Open") return inPlace(acting, { _tag: "Request", stream, id })
  return yield* ask(
    isRefundId(id) ? { _tag: "Withdraw", stream, refundId: id } : { _tag: "Decline", stream, proposalId: id },
    acting,
  )
})

/** For whoever asked: another person did not approve. Nothing when they took it back themselves. */
export const declinedBy = Effect.fnUntraced(function* ({ staff }: Acting, { stream, id, askedBy }: Request) {
  const asker = (yield* Staff.reachable).find(({ staffId }) => staffId === askedBy)
  return asker === undefined || askedBy === staff.staffId
    ? []
    : [{ customerId: asker.customerId, body: bodyOf({ _tag: "Declined", stream, id, by: staff.staffId }) }]
})

const isRefundId = Schema.is(RefundId)
