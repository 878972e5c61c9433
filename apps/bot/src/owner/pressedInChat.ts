/**
 * What a button in the owners' chat leads to. Whoever is of the staff goes on in their own chat with the bot: there nobody reads
 * along, and what is decided is theirs. To be in the chat gives nobody a right.
 */
import * as Staff from "@paylog/payments/Staff"
import * as Customers from "@paylog/payments/Customers"
import { Effect, Option } from "effect"
import type { Handled } from "../Bot.ts"
import { languageOf } from "../words/language.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import * as Items from "./Items.ts"
import type { Page } from "./Page.ts"
import * as Press from "./Press.ts"
import { bodyOf } from "./reply.ts"

/** Who pressed, as Telegram tells it; nothing of them is kept. */
interface Presser {
  readonly telegramUserId: string
  readonly language: string
}

export const pressedInChat = Effect.fn("owner.pressedInChat")(function* (
  data: string,
  { telegramUserId, language }: Presser,
) {
  const known = yield* Staff.linkedTo(telegramUserId)
  if (Option.isNone(known)) return say(ownerWordsIn[languageOf(language)].toasts.notYours)
  const { staffId } = known.value
  const customerId = (yield* Staff.reachable).find((one) => one.staffId === staffId)?.customerId
  const customer = customerId === undefined ? undefined : Option.getOrUndefined(yield* Customers.find(customerId))
  const { toasts } = ownerWordsIn[languageOf(customer?.language ?? language)]
  const page = yield* pageOf(Press.decode(data))
  if (page === undefined || customerId === undefined) return say(toasts.gone)
  return { customer: undefined, messages: [], others: [{ customerId, body: bodyOf(page) }], toast: toasts.inPrivate }
})

const say = (toast: string): Handled => ({ customer: undefined, messages: [], toast })

/** The buttons that the chat has, and no others. */
const pageOf = Effect.fnUntraced(function* (press: Press.Press | undefined) {
  switch (press?._tag) {
    case "Stats":
      return { _tag: "Stats" } satisfies Page
    case "Open":
      return { _tag: "Open", offset: press.offset } satisfies Page
    case "Item": {
      const item = yield* Items.find(press.ref)
      return item && ({ _tag: "Item", stream: item.stream, item: item.item, kind: item.kind } satisfies Page)
    }
    default:
      return undefined
  }
})
