/** Who of the staff asks, and what they get to see by it. */
import type * as Manual from "@paylog/payments/Manual"
import type * as Staff from "@paylog/payments/Staff"
import type { Answer, Asked } from "../handlers.ts"
import type { Body } from "../Screen.ts"
import { languageOf } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import type { Page } from "./Page.ts"

/** Somebody of the staff, who writes or presses by this update. */
export interface Acting extends Asked {
  readonly staff: Staff.Linked
}

export const wordsOf = ({ customer }: Asked): Words => ownerWordsIn[languageOf(customer.language)]

export const whoIs = (reason: string, { staff, customer, updateKey }: Acting): Manual.Who => ({
  by: staff.staffId,
  reason,
  bot: { telegramUserId: customer.telegramUserId, updateKey },
})

/** Random, and the same when the update is handled again: the letters of the invoice that it does not issue. */
export const newId = ({ invoiceId }: Asked): string => invoiceId.slice("inv_".length)

export const bodyOf = (page: Page, edit?: number): Body => ({
  screen: { _tag: "Staff", page },
  ...(edit === undefined ? {} : { edit }),
})

export const show = (page: Page): Answer => ({ messages: [bodyOf(page)] })

/** In the message whose button was pressed. */
export const inPlace = ({ messageId }: Asked, page: Page, toast?: string): Answer => ({
  messages: [bodyOf(page, messageId)],
  ...(toast === undefined ? {} : { toast }),
})

export const say = (toast: string): Answer => ({ messages: [], toast })

/** What the button belongs to was done, dropped or overtaken. */
export const settled = (acting: Acting): Answer =>
  inPlace(acting, { _tag: "Note", note: "Settled" }, wordsOf(acting).toasts.over)

/** What appears over the chat is at most so long. */
export const cut = (text: string): string => Array.from(text).slice(0, 200).join("")
