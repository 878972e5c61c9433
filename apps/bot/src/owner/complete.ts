/** What completes an act: a reason by a button, or words as the person's next message. */
import { Text } from "@paylog/domain/Text"
import { isRejection } from "@paylog/payments/Execute"
import { Effect, Schema } from "effect"
import { type Act, lacks } from "./Act.ts"
import { ask } from "./begin.ts"
import * as Drafts from "./Drafts.ts"
import { named } from "./named.ts"
import { perform } from "./perform.ts"
import { type Acting, cut, inPlace, settled, show, whoIs, wordsOf } from "./reply.ts"
import * as Request from "./Request.ts"
import { declinedBy } from "./twoPeople.ts"

/** The reason, the reference or the invoice that a draft lacks; nothing when there is none that waits for words. */
export const wrote = Effect.fnUntraced(function* (text: string, acting: Acting) {
  const { staffId, role } = acting.staff
  if (role !== "owner") return undefined
  const draft = yield* Drafts.newest(staffId, acting.updateKey)
  if (draft === undefined) return undefined
  const lacking = lacks(draft.act)
  if (lacking === "Way") return show({ _tag: "Ask", draftId: draft.draftId })
  const words = text.trim()
  if (!isText(words)) return show({ _tag: "Note", note: "NotText" })
  if (lacking === "Invoice") {
    const page = yield* named(words)
    if (page._tag !== "Invoice" || draft.act._tag !== "Assign") return show(page)
    yield* Drafts.use(draft.draftId, staffId, acting.updateKey)
    return yield* ask({ ...draft.act, invoiceId: page.invoiceId }, acting)
  }
  const used = yield* Drafts.use(draft.draftId, staffId, acting.updateKey)
  if (used === undefined) return settled(acting)
  if (lacking === "Reason") return yield* done(used.act, words, acting)
  // It is shown before it is recorded for ever: what somebody writes may be meant for nobody.
  return used.act._tag === "Sent" || used.act._tag === "Delivered"
    ? yield* ask({ ...used.act, reference: words }, acting)
    : settled(acting)
})

/** Does it, and shows what there is then. */
export const done = Effect.fnUntraced(function* (act: Act, reason: string, acting: Acting) {
  const { toasts } = wordsOf(acting)
  const outcome = yield* perform(act, whoIs(reason, acting)).pipe(
    Effect.map((page) => ({ page, refused: undefined })),
    Effect.catchIf(isRejection, (error) => Effect.succeed({ page: undefined, refused: error.message })),
  )
  if (outcome.page === undefined)
    return inPlace(acting, { _tag: "Note", note: "Refused", detail: outcome.refused }, cut(outcome.refused))
  const answer = inPlace(acting, outcome.page, toasts.done)
  if (act._tag !== "Withdraw" && act._tag !== "Decline") return answer
  const request = yield* Request.look(act._tag === "Withdraw" ? act.refundId : act.proposalId)
  return request === undefined ? answer : { ...answer, others: yield* declinedBy(acting, request) }
})

const isText = Schema.is(Text)
