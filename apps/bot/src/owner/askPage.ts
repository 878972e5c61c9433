/** What is still to be said before something is done: a reason, a way, a reference. */
import { html, lines, paragraphs } from "../view/html.ts"
import type { Button, Message } from "../view/Message.ts"
import { amount, type Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { type Act, lacks } from "./Act.ts"
import { button } from "./buttons.ts"
import type { Draft } from "./Drafts.ts"
import { reasonsFor, wayNames } from "./reasons.ts"

export const askPage = (language: Language, { draftId, act }: Draft): Message => {
  const words = ownerWordsIn[language]
  const lacking = lacks(act)
  return {
    text: paragraphs(
      html`<b>${words.acts[act._tag]}</b>`,
      lines(
        words.ask.about(placeOf(act), "payment" in act ? words.ask.payment(act.payment) : ""),
        "amount" in act ? words.ask.amount(amount(language, act.amount)) : undefined,
        act._tag === "Assign" && act.invoiceId !== undefined ? words.item.invoice(act.invoiceId) : undefined,
      ),
      lacking === "Confirmation"
        ? words.ask.Confirmation("reference" in act ? (act.reference ?? "") : "")
        : words.ask[lacking],
    ),
    buttons: [...choices(language, draftId, act), [ending(words, draftId, act)]],
  }
}

/** A refund is theirs to send until they say that they did not. */
const ending = (words: Words, draftId: string, act: Act): Button =>
  act._tag === "Sent"
    ? button(words.buttons.notSent, { _tag: "OnRefund", what: "NotSent", id: act.refundId })
    : button(words.buttons.drop, { _tag: "Drop", draftId })

const placeOf = (act: Act): string => {
  const place = "stream" in act ? act.stream : act.invoiceId
  return "refundId" in act && act._tag !== "Refund" ? `${act.refundId}, ${place}` : place
}

const choices = (language: Language, draftId: string, act: Act): ReadonlyArray<ReadonlyArray<Button>> => {
  const words = ownerWordsIn[language]
  switch (lacks(act)) {
    case "Reason":
      return reasonsFor(act._tag).map((reason) => [button(words.reasons[reason], { _tag: "Because", draftId, reason })])
    case "Confirmation":
      return reasonsFor(act._tag).map((reason) => [button(words.buttons.record, { _tag: "Because", draftId, reason })])
    case "Way":
      return wayNames.map((way) => [button(words.ways[way], { _tag: "By", draftId, way })])
    case "Invoice":
    case "Reference":
      return []
  }
}
