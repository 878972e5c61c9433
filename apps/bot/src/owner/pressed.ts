/** What a button of the staff leads to, once it is known who presses it. */
import { Effect } from "effect"
import { lacks } from "./Act.ts"
import { ask, begun } from "./begin.ts"
import { done } from "./complete.ts"
import * as Drafts from "./Drafts.ts"
import * as Items from "./Items.ts"
import * as Press from "./Press.ts"
import { reasons, ways } from "./reasons.ts"
import { type Acting, inPlace, say, settled, show, wordsOf } from "./reply.ts"
import * as Request from "./Request.ts"
import { approve, decline, notSent } from "./twoPeople.ts"

/** To look is for all of the staff, to decide for owners. */
export const pressed = Effect.fnUntraced(function* (press: Press.Press, acting: Acting) {
  switch (press._tag) {
    case "Stats":
      return inPlace(acting, { _tag: "Stats" })
    case "Open":
      return inPlace(acting, { _tag: "Open", offset: press.offset })
    case "Invoice":
      return show({ _tag: "Invoice", invoiceId: press.invoiceId })
    case "Item": {
      const item = yield* Items.find(press.ref)
      return item === undefined
        ? say(wordsOf(acting).item.settled)
        : show({ _tag: "Item", stream: item.stream, item: item.item, kind: item.kind })
    }
    case "Request": {
      const request = yield* Request.look(press.id)
      return request === undefined
        ? say(wordsOf(acting).toasts.gone)
        : show({ _tag: "Request", stream: request.stream, id: request.id })
    }
    case "OnInvoice":
    case "OnItem":
    case "OnRefund":
    case "Approve":
    case "Decline":
    case "Because":
    case "By":
    case "Drop":
      return acting.staff.role === "owner" ? yield* decide(press, acting) : say(wordsOf(acting).toasts.mayOnlyLook)
  }
})

type Deciding = Exclude<Press.Press, { readonly _tag: "Stats" | "Open" | "Invoice" | "Item" | "Request" }>

const decide = Effect.fnUntraced(function* (press: Deciding, acting: Acting) {
  const { toasts } = wordsOf(acting)
  switch (press._tag) {
    case "OnRefund":
      if (press.what === "NotSent") return yield* notSent(press.id, acting)
      return yield* start({ ...press, what: press.what }, acting)
    case "OnInvoice":
    case "OnItem":
      return yield* start(press, acting)
    case "Approve":
    case "Decline": {
      const request = yield* Request.look(press.id)
      if (request === undefined) return say(toasts.gone)
      const { stream, id } = request
      // Whoever presses has read another text than this one.
      if (Press.sealOf(request.digest) !== press.seal)
        return inPlace(acting, { _tag: "Request", stream, id }, toasts.changed)
      return press._tag === "Approve" ? yield* approve(request, acting) : yield* decline(request, acting)
    }
    case "Because": {
      const draft = yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      if (draft === undefined || !isBecause(lacks(draft.act))) return settled(acting)
      return yield* done(draft.act, reasons[press.reason], acting)
    }
    case "By": {
      const draft = yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      if (draft?.act._tag !== "Sent" || lacks(draft.act) !== "Way") return settled(acting)
      return yield* ask({ ...draft.act, way: ways[press.way] }, acting)
    }
    case "Drop": {
      const draft = yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      // Whoever sends a refund says that they did not: until then it is theirs.
      if (draft?.act._tag === "Sent")
        return inPlace(acting, { _tag: "Request", stream: draft.act.stream, id: draft.act.refundId })
      return inPlace(acting, { _tag: "Note", note: "Dropped" }, toasts.dropped)
    }
  }
})

const start = Effect.fnUntraced(function* (press: Parameters<typeof begun>[0], acting: Acting) {
  const act = yield* begun(press, acting)
  return act === undefined ? say(wordsOf(acting).toasts.gone) : yield* ask(act, acting)
})

const isBecause = (lacking: ReturnType<typeof lacks>): boolean => lacking === "Reason" || lacking === "Confirmation"
