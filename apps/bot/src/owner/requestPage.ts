/** A refund or a proposal, for the person who is to approve it: to the letter, with its digest. */
import * as Invoice from "@paylog/domain/Invoice"
import { RefundId } from "@paylog/domain/Refund"
import type { Linked } from "@paylog/payments/Staff"
import { Schema } from "effect"
import { type Html, html, lines, paragraphs } from "../view/html.ts"
import type { Button, Message } from "../view/Message.ts"
import { amount, type Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { button, lists } from "./buttons.ts"
import { sealOf } from "./Press.ts"
import type { Request } from "./Request.ts"

/** Their names, as long as they are known. */
export interface Names {
  readonly asker: string
  /** Who sends it. */
  readonly sender: string | undefined
  /** Who has ended it. */
  readonly decider: string | undefined
}

export const requestPage = (language: Language, request: Request, names: Names, viewer: Linked): Message => {
  const words = ownerWordsIn[language]
  const invoiceId = Invoice.idOf(request.stream)
  return {
    text: paragraphs(
      title(words, request, names),
      lines(
        request.amount === undefined ? undefined : html`<b>${amount(language, request.amount)}</b>`,
        request.customerId === undefined ? undefined : words.request.customer(request.customerId),
        words.request.askedBy(names.asker, request.askedBy),
      ),
      html`<pre>${request.text}</pre>`,
      words.request.digest(request.digest),
      next(words, request, names, viewer),
    ),
    buttons: [
      buttons(words, request, viewer),
      invoiceId === undefined ? [] : [button(words.buttons.invoice, { _tag: "Invoice", invoiceId })],
      lists(words),
    ],
  }
}

/** What it waits for, or how it ended and by whom. */
export const title = (
  words: Words,
  { kind, state, askedBy, decidedBy }: Pick<Request, "kind" | "state" | "askedBy" | "decidedBy">,
  { decider, sender }: Pick<Names, "decider" | "sender">,
): Html => {
  if (sender !== undefined) return html`📤 <b>${words.request.sentBy(sender)}</b>`
  if (state === "Open") return html`🔔 <b>${words.request.title[kind]}</b>`
  const ended =
    state === "Withdrawn" || state === "Declined" ? (decidedBy === askedBy ? "TakenBack" : "Declined") : state
  const mark = { Done: "✅", Declined: "✖️", TakenBack: "↩️", Expired: "⌛" }[ended]
  const over = words.request.over[kind][ended]
  return html`${mark} <b>${decider === undefined ? over : words.request.by(over, decider)}</b>`
}

const next = (
  words: Words,
  { kind, state, askedBy, takenBy }: Request,
  { sender }: Names,
  { staffId, role }: Linked,
): string => {
  if (state !== "Open") return words.request.state[state]
  if (takenBy === staffId) return words.request.yours
  if (sender !== undefined) return words.request.taken(sender)
  if (role !== "owner") return words.request.look
  if (askedBy === staffId) return words.request.own
  return kind === "Refund" ? words.request.refundNext : words.request.proposalNext
}

const buttons = (
  words: Words,
  { id, kind, state, askedBy, takenBy, digest }: Request,
  { staffId, role }: Linked,
): ReadonlyArray<Button> => {
  if (state !== "Open" || role !== "owner") return []
  const seal = sealOf(digest)
  if (takenBy === staffId)
    return [
      button(words.buttons.haveSent, { _tag: "Approve", id, seal }),
      ...(isRefundId(id) ? [button(words.buttons.notSent, { _tag: "OnRefund", what: "NotSent", id })] : []),
    ]
  if (takenBy !== undefined) return []
  if (askedBy === staffId)
    return [button(kind === "Refund" ? words.buttons.withdraw : words.buttons.takeBack, { _tag: "Decline", id, seal })]
  return [
    button(kind === "Refund" ? words.buttons.sent : words.buttons.approve, { _tag: "Approve", id, seal }),
    button(words.buttons.decline, { _tag: "Decline", id, seal }),
  ]
}

/** To whoever asked: somebody else did not approve. */
export const declinedPage = (language: Language, request: Request, decliner: string): Message => {
  const words = ownerWordsIn[language]
  return {
    text: paragraphs(words.request.declined(decliner), html`<pre>${request.text}</pre>`),
    buttons: [[button(words.kinds[request.kind], { _tag: "Request", id: request.id })]],
  }
}

const isRefundId = Schema.is(RefundId)
