/** The staff's messages that are about no single thing: pure functions of what they show. */
import type { Linked } from "@paylog/payments/Staff"
import { html, lines, paragraphs } from "../view/html.ts"
import type { Message } from "../view/Message.ts"
import type { OpenItem } from "@paylog/payments/OpenItems"
import { DateTime } from "effect"
import type { Language } from "../words/language.ts"
import type { Words } from "../words/owner/en.ts"
import { ownerWordsIn } from "../words/owner/words.ts"
import { button, lists, money, utc } from "./buttons.ts"
import { perPage } from "./Items.ts"
import type { Page } from "./Page.ts"
import { refOf } from "./Press.ts"
import type { Stats } from "./Stats.ts"

export const homePage = (language: Language, { name, role }: Linked): Message => {
  const words = ownerWordsIn[language]
  return { text: words.home(name, role === "owner"), buttons: [lists(words)] }
}

export const statsPage = (language: Language, { periods, open, parked }: Stats): Message => {
  const words = ownerWordsIn[language]
  return {
    text: paragraphs(
      html`<b>${words.stats.title}</b>`,
      ...periods.map(({ issued, converted, paid, received }, i) =>
        lines(
          html`<b>${words.stats.periods[i] ?? ""}</b>`,
          words.stats.issued(issued, share(converted, issued)),
          words.stats.paid(paid, received.map((of) => money(language, of)).join(", ")),
        ),
      ),
      open.length === 0
        ? words.open.none
        : lines(
            html`<b>${words.stats.open}</b>`,
            ...open.map((total) =>
              [`${words.kinds[total.kind]}: ${total.items}`, money(language, total) ?? []].flat().join(" · "),
            ),
          ),
      parked.streams + parked.updates + parked.messages === 0
        ? undefined
        : words.stats.parked(parked.streams, parked.updates, parked.messages),
    ),
    buttons: [lists(words)],
  }
}

/** "3 (75 %)". */
const share = (part: number, whole: number): string =>
  whole === 0 ? "0" : `${part} (${Math.round((part / whole) * 100)} %)`

export const openPage = (
  language: Language,
  { items, isMore }: { readonly items: ReadonlyArray<OpenItem>; readonly isMore: boolean },
  offset: number,
): Message => {
  const words = ownerWordsIn[language]
  const title = html`<b>${words.open.title}</b>`
  const newer = button(words.buttons.newer, { _tag: "Open", offset: Math.max(0, offset - perPage) })
  const older = button(words.buttons.older, { _tag: "Open", offset: offset + perPage })
  if (items.length === 0)
    return { text: paragraphs(title, words.open.none), buttons: [offset === 0 ? lists(words) : [newer]] }
  return {
    text: paragraphs(
      title,
      lines(...items.map((item, i) => html`${offset + i + 1}. ${itemLine(language, words, item)}`)),
      words.open.page(offset + 1, offset + items.length),
    ),
    buttons: [
      items.map((item, i) => button(`${offset + i + 1}`, { _tag: "Item", ref: refOf(item) })),
      [...(offset > 0 ? [newer] : []), ...(isMore ? [older] : [])],
    ],
  }
}

const itemLine = (language: Language, words: Words, item: OpenItem): string =>
  [words.kinds[item.kind], money(language, item) ?? [], utc(DateTime.toDateUtc(item.since))].flat().join(" · ")

export const notePage = (language: Language, { note, detail }: Extract<Page, { readonly _tag: "Note" }>): Message => {
  const words = ownerWordsIn[language]
  return { text: lines(words.notes[note], detail), buttons: [lists(words)] }
}

export const alarmPage = (
  language: Language,
  { alarm, stream, detail }: Extract<Page, { readonly _tag: "Alarm" }>,
  isOver: boolean,
): Message => {
  const words = ownerWordsIn[language]
  const isCount = alarm === "LateOrders" || alarm === "LateGoods"
  return {
    text: paragraphs(
      html`${isOver ? "✅" : "🔔"} <b>${words.alarms[alarm]}</b>`,
      lines(
        stream === null ? undefined : words.item.stream(stream),
        detail === null ? undefined : isCount ? words.alarmCount(detail) : detail,
      ),
      isOver ? words.alarmOver : words.alarmsNext[alarm],
    ),
    buttons: [lists(words)],
  }
}

export const manyPage = (language: Language, alarms: number): Message => {
  const words = ownerWordsIn[language]
  return { text: html`🔔 <b>${words.many(alarms)}</b>`, buttons: [lists(words)] }
}
