/**
 * What the bot does about what the staff writes or presses, in their private chat. Whoever is not of the staff gets no answer from
 * here, and so what anybody gets. As every handler, it may run twice for one update: what it does for good has the update's name.
 */
import * as Invoice from "@paylog/domain/Invoice"
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { ProposalId } from "@paylog/domain/Proposal"
import * as Refund from "@paylog/domain/Refund"
import { RefundId } from "@paylog/domain/Refund"
import { Text } from "@paylog/domain/Text"
import * as Unmatched from "@paylog/domain/Unmatched"
import { Database } from "@paylog/event-store/Database"
import type { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import { isRejection } from "@paylog/payments/Execute"
import * as Invoices from "@paylog/payments/Invoices"
import type * as Manual from "@paylog/payments/Manual"
import * as Proposals from "@paylog/payments/Proposals"
import * as Staff from "@paylog/payments/Staff"
import * as UnmatchedMoney from "@paylog/payments/UnmatchedMoney"
import { Effect, Option, Schema } from "effect"
import type { Update } from "telegraf/types"
import type { Answer, Asked } from "../handlers.ts"
import type { Body } from "../Screen.ts"
import { languageOf } from "../words/language.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import type { Words } from "../words/owner/en.ts"
import { type Act, lacks } from "./Act.ts"
import * as Drafts from "./Drafts.ts"
import * as Items from "./Items.ts"
import type { Page } from "./Page.ts"
import { perform } from "./perform.ts"
import * as Press from "./Press.ts"
import { approval, reasons, ways } from "./reasons.ts"
import * as Request from "./Request.ts"

/** Somebody of the staff, who writes or presses by this update. */
interface Acting extends Asked {
  readonly staff: Staff.Linked
}

/** The answer, or `undefined` when the update is none of the staff's. Looks the sender up only when it may be one. */
export const answer = Effect.fn("owner.answer")(function* (update: Update, asked: Asked) {
  const said = saidIn(update)
  if (said === undefined) return undefined
  const { telegramUserId } = asked.customer
  const known = yield* Staff.linkedTo(telegramUserId)
  if (said._tag === "Invited") {
    const isNew = Option.isNone(known) && (yield* Staff.acceptInvitation(said.code, telegramUserId))
    return isNew || Option.isSome(known) ? show({ _tag: "Home" }) : undefined
  }
  if (Option.isNone(known)) return undefined
  const acting: Acting = { ...asked, staff: known.value }
  switch (said._tag) {
    case "Stats":
      return show({ _tag: "Stats" })
    case "Open":
      return show({ _tag: "Open", offset: 0 })
    case "Invoice":
      return show(yield* named(said.name))
    case "Wrote":
      return yield* wrote(said.text, acting)
    case "Pressed": {
      const press = Press.decode(said.data)
      const message = "callback_query" in update ? update.callback_query.message : undefined
      return press === undefined
        ? undefined
        : yield* pressed(press, message === undefined ? acting : { ...acting, messageId: message.message_id })
    }
  }
})

type Said =
  | { readonly _tag: "Invited"; readonly code: string }
  | { readonly _tag: "Stats" | "Open" }
  | { readonly _tag: "Invoice"; readonly name: string }
  | { readonly _tag: "Wrote"; readonly text: string }
  | { readonly _tag: "Pressed"; readonly data: string }

/** What of it may be for the staff; a customer's command and button never is. */
const saidIn = (update: Update): Said | undefined => {
  if ("callback_query" in update) {
    const query = update.callback_query
    return "data" in query && Press.isOfStaff(query.data) ? { _tag: "Pressed", data: query.data } : undefined
  }
  if (!("message" in update) || !("text" in update.message)) return undefined
  const { text } = update.message
  const [, command, rest = ""] = /^\/([a-z]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(text) ?? []
  switch (command?.toLowerCase()) {
    case undefined:
      return text.startsWith("/") ? undefined : { _tag: "Wrote", text }
    case "start":
      return rest.startsWith("staff_") ? { _tag: "Invited", code: rest.trim() } : undefined
    case "stats":
      return { _tag: "Stats" }
    case "open":
      return { _tag: "Open" }
    case "invoice":
      return { _tag: "Invoice", name: rest.trim() }
    default:
      return undefined
  }
}

// -- Answers.

const show = (page: Page): Answer => ({ messages: [bodyOf(page)] })

const bodyOf = (page: Page, edit?: number): Body => ({
  screen: { _tag: "Staff", page },
  ...(edit === undefined ? {} : { edit }),
})

const inPlace = ({ messageId }: Asked, page: Page, toast?: string): Answer => ({
  messages: [bodyOf(page, messageId)],
  ...(toast === undefined ? {} : { toast }),
})

const say = (toast: string): Answer => ({ messages: [], toast })

const wordsOf = ({ customer }: Asked): Words => ownerWordsIn[languageOf(customer.language)]

/** The customer sees a number, an auditor an id. */
const named = Effect.fnUntraced(function* (name: string) {
  if (name === "") return { _tag: "Note", note: "WhichInvoice" } satisfies Page
  const found = name.length > 64 ? [] : yield* invoicesNamed(name)
  const [invoiceId, ...others] = found
  if (invoiceId === undefined) return { _tag: "Note", note: "NoInvoice" } satisfies Page
  if (others.length > 0) return { _tag: "Note", note: "SeveralInvoices" } satisfies Page
  return { _tag: "Invoice", invoiceId } satisfies Page
})

const invoicesNamed = Effect.fnUntraced(function* (name: string) {
  const rows = yield* (yield* Database).query<{ readonly invoiceId: string }>(findInvoices, [name])
  return rows.map(({ invoiceId }) => InvoiceId.make(invoiceId))
})

const findInvoices = Statement.fromFile(new URL("../../sql/owner/find-invoices.sql", import.meta.url))

// -- Presses.

const pressed = Effect.fnUntraced(function* (press: Press.Press, acting: Acting) {
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
        : show({ _tag: "Item", stream: item.stream, item: item.item })
    }
    case "Request": {
      const request = yield* requestOf(press.id)
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
    case "OnInvoice":
    case "OnItem":
    case "OnRefund": {
      const act = yield* begun(press, acting)
      return act === undefined ? say(toasts.gone) : yield* ask(act, acting)
    }
    case "Approve":
    case "Decline": {
      const request = yield* requestOf(press.id)
      if (request === undefined) return say(toasts.gone)
      const { stream, id } = request
      // Whoever presses has read another text than this one.
      if (Press.sealOf(request.digest) !== press.seal)
        return inPlace(acting, { _tag: "Request", stream, id }, toasts.changed)
      return press._tag === "Approve" ? yield* approve(request, acting) : yield* decline(request, acting)
    }
    case "Because": {
      const draft = yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      if (draft === undefined || lacks(draft.act) !== "Reason") return settled(acting)
      return yield* done(draft.act, reasons[press.reason], acting)
    }
    case "By": {
      const draft = yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      if (draft?.act._tag !== "Sent" || lacks(draft.act) !== "Way") return settled(acting)
      return yield* ask({ ...draft.act, way: ways[press.way] }, acting)
    }
    case "Drop":
      yield* Drafts.use(press.draftId, acting.staff.staffId, acting.updateKey)
      return inPlace(acting, { _tag: "Note", note: "Dropped" }, toasts.dropped)
  }
})

const settled = (acting: Acting): Answer =>
  inPlace(acting, { _tag: "Note", note: "Settled" }, wordsOf(acting).toasts.over)

/** Random, and the same when the update is handled again: the letters of the invoice that it does not issue. */
const newId = ({ invoiceId }: Asked): string => invoiceId.slice("inv_".length)

/** Keeps what the person is about to do, and asks for what it lacks. */
const ask = Effect.fnUntraced(function* (act: Act, acting: Acting) {
  const draftId = newId(acting)
  yield* Drafts.begin(acting.staff.staffId, { draftId, act })
  return inPlace(acting, { _tag: "Ask", draftId })
})

/** What a button begins; `undefined` when what it is about is not there any more. */
const begun = Effect.fnUntraced(function* (
  press: Extract<Press.Press, { readonly _tag: "OnInvoice" | "OnItem" | "OnRefund" }>,
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
      const request = yield* requestOf(press.id)
      if (request === undefined) return undefined
      if (press.what === "Withdraw") return { _tag: "Withdraw", stream: request.stream, refundId: press.id }
      const invoiceId = Invoice.idOf(request.stream)
      return invoiceId && { _tag: "VoidRefund", invoiceId, refundId: press.id, proposalId }
    }
  }
})

/** The refund or proposal, if there is one that this program can read. */
const requestOf = (id: Request.Id) =>
  Request.find(id).pipe(
    Effect.catchTags({
      NotAsked: () => Effect.undefined,
      SeveralAsked: () => Effect.undefined,
      ProposalNotFound: () => Effect.undefined,
      // Nobody approves what is not what was proposed.
      TextDiffers: () => Effect.undefined,
    }),
  )

// -- Two people.

const approve = Effect.fnUntraced(function* (request: Request.Request, acting: Acting) {
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

/** A refund is withdrawn, once there is a reason. A proposal cannot be: whoever proposed it is told, and it expires. */
const decline = Effect.fnUntraced(function* (request: Request.Request, acting: Acting) {
  const { id, stream, state } = request
  const page: Page = { _tag: "Request", stream, id }
  if (state !== "Open") return inPlace(acting, page)
  if (isRefundId(id)) return yield* ask({ _tag: "Withdraw", stream, refundId: id }, acting)
  if (request.askedBy === acting.staff.staffId) return inPlace(acting, page, wordsOf(acting).request.own)
  return { ...inPlace(acting, page, wordsOf(acting).toasts.declined), others: yield* declinedBy(acting, request) }
})

const declinedBy = Effect.fnUntraced(function* ({ staff }: Acting, { stream, id, askedBy }: Request.Request) {
  const asker = (yield* Staff.reachable).find(({ staffId }) => staffId === askedBy)
  return asker === undefined || askedBy === staff.staffId
    ? []
    : [{ customerId: asker.customerId, body: bodyOf({ _tag: "Declined", stream, id, by: staff.staffId }) }]
})

// -- What is written.

/** The reason, the reference or the invoice that a draft lacks; nothing when there is none that waits for words. */
const wrote = Effect.fnUntraced(function* (text: string, acting: Acting) {
  const { staffId, role } = acting.staff
  if (role !== "owner") return undefined
  const draft = yield* Drafts.newest(staffId, acting.updateKey)
  if (draft === undefined || lacks(draft.act) === "Way") return undefined
  const words = text.trim()
  if (!isText(words)) return show({ _tag: "Note", note: "NotText" })
  const lacking = lacks(draft.act)
  if (lacking === "Invoice") {
    const page = yield* named(words)
    if (page._tag !== "Invoice" || draft.act._tag !== "Assign") return show(page)
    yield* Drafts.use(draft.draftId, staffId, acting.updateKey)
    return yield* ask({ ...draft.act, invoiceId: page.invoiceId }, acting)
  }
  const used = yield* Drafts.use(draft.draftId, staffId, acting.updateKey)
  if (used === undefined) return settled(acting)
  if (lacking === "Reason") return yield* done(used.act, words, acting)
  switch (used.act._tag) {
    case "Sent":
      return yield* done({ ...used.act, reference: words }, reasons.sent, acting)
    case "Delivered":
      return yield* done({ ...used.act, reference: words }, reasons.byhand, acting)
    default:
      return settled(acting)
  }
})

/** Does it, and shows what there is then. */
const done = Effect.fnUntraced(function* (act: Act, reason: string, acting: Acting) {
  const { toasts } = wordsOf(acting)
  const outcome = yield* perform(act, whoIs(reason, acting)).pipe(
    Effect.map((page) => ({ page, refused: undefined })),
    Effect.catchIf(isRejection, (error) => Effect.succeed({ page: undefined, refused: error.message })),
  )
  if (outcome.page === undefined)
    return inPlace(acting, { _tag: "Note", note: "Refused", detail: outcome.refused }, cut(outcome.refused))
  const answer = inPlace(acting, outcome.page, toasts.done)
  if (act._tag !== "Withdraw") return answer
  const request = yield* requestOf(act.refundId)
  return request === undefined ? answer : { ...answer, others: yield* declinedBy(acting, request) }
})

const whoIs = (reason: string, { staff, customer, updateKey }: Acting): Manual.Who => ({
  by: staff.staffId,
  reason,
  bot: { telegramUserId: customer.telegramUserId, updateKey },
})

/** What appears over the chat is at most so long. */
const cut = (text: string): string => Array.from(text).slice(0, 200).join("")

const isText = Schema.is(Text)
const isRefundId = Schema.is(RefundId)
