/** The staff's messages, from what is stored now. Nothing is drawn for somebody who is not of the staff by then. */
import type { CustomerId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import { Database } from "@paylog/event-store/Database"
import { EventStore, type StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Statement from "@paylog/event-store/Statement"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect, Schema } from "effect"
import type { Message } from "../view/Message.ts"
import type { Language } from "../words/language.ts"
import { askPage } from "./askPage.ts"
import { chatItem, chatRequest } from "./chatPage.ts"
import * as Drafts from "./Drafts.ts"
import { invoicePage } from "./invoicePage.ts"
import { itemPage } from "./itemPage.ts"
import * as Items from "./Items.ts"
import type { Page } from "./Page.ts"
import { alarmPage, homePage, manyPage, notePage, openPage, statsPage } from "./pages.ts"
import * as Request from "./Request.ts"
import { declinedPage, requestPage } from "./requestPage.ts"
import * as Stats from "./Stats.ts"

/** The message. A defect for somebody who is not of the staff: whoever sends it sets it aside, and nothing is told. */
export const draw = Effect.fnUntraced(function* (
  page: Page,
  { customerId, language }: { readonly customerId: CustomerId; readonly language: Language },
): Effect.fn.Return<Message, StoreUnavailable, Database | EventStore> {
  const viewer = (yield* Staff.reachable).find((one) => one.customerId === customerId)
  if (viewer === undefined) return yield* Effect.die(new Error(`${customerId} is not of the staff, or is no more`))
  const mayDecide = viewer.role === "owner"
  switch (page._tag) {
    case "Home":
      return homePage(language, viewer)
    case "Stats":
      return statsPage(language, yield* Stats.read)
    case "Open":
      return openPage(language, yield* Items.page(page.offset), page.offset)
    case "Item": {
      const { stream, item } = page
      if (isRequestId(item)) return yield* request({ stream, id: item }, language, viewer)
      return itemPage(language, page, yield* Items.at(page), mayDecide)
    }
    case "Invoice": {
      const recorded = yield* (yield* EventStore).readStream(Invoice.stream(page.invoiceId))
      const shown = invoicePage(language, recorded, { mayDecide, now: yield* DateTime.now, names: yield* names })
      return shown ?? notePage(language, { _tag: "Note", note: "NoInvoice" })
    }
    case "Request":
      return yield* request(page, language, viewer)
    case "Ask": {
      const draft = yield* Drafts.find(page.draftId, viewer.staffId)
      return draft === undefined ? notePage(language, { _tag: "Note", note: "Settled" }) : askPage(language, draft)
    }
    case "Note":
      return notePage(language, page)
    case "Declined": {
      const shown = yield* existing(page)
      return declinedPage(language, shown, yield* nameOf(page.by))
    }
    case "Alarm":
      return alarmPage(language, page, yield* isOver(page))
    case "Many":
      return manyPage(language, page.alarms)
  }
})

/** A message to the owners' chat: what needs a person, and nothing that only the staff's own chat shows. */
export const drawForChat = Effect.fnUntraced(function* (
  page: Page,
  language: Language,
): Effect.fn.Return<Message, StoreUnavailable, Database | EventStore> {
  switch (page._tag) {
    case "Item": {
      const { stream, item } = page
      if (!isRequestId(item)) return chatItem(language, page, yield* Items.at(page))
      const shown = yield* existing({ stream, id: item })
      return chatRequest(language, page, shown, yield* namesOf(shown))
    }
    case "Alarm":
      return alarmPage(language, page, yield* isOver(page))
    case "Many":
      return manyPage(language, page.alarms)
    default:
      return yield* Effect.die(new Error(`${page._tag} is nothing for the owners' chat`))
  }
})

const isOver = Effect.fnUntraced(function* ({ key }: { readonly key?: string }) {
  if (key === undefined) return false
  const [row] = yield* (yield* Database).query<{ readonly over: boolean }>(isOverStatement, [key])
  return row?.over === true
})

const isOverStatement = Statement.fromFile(new URL("../../sql/owner/is-over.sql", import.meta.url))

const isRequestId = Schema.is(Request.Id)

const request = Effect.fnUntraced(function* (
  page: { readonly stream: string; readonly id: Request.Id },
  language: Language,
  viewer: Staff.Linked,
) {
  const shown = yield* existing(page)
  return requestPage(language, shown, yield* namesOf(shown), viewer)
})

/** It was there when the page was decided on. That its text is not what was proposed is for the log of the process. */
const existing = ({ stream, id }: { readonly stream: string; readonly id: Request.Id }) =>
  Request.get(stream, id).pipe(
    Effect.catchTags({ NotAsked: Effect.die, ProposalNotFound: Effect.die, TextDiffers: Effect.die }),
  )

const namesOf = Effect.fnUntraced(function* ({ askedBy, takenBy, decidedBy }: Request.Request) {
  return {
    asker: yield* nameOf(askedBy),
    sender: takenBy === undefined ? undefined : yield* nameOf(takenBy),
    decider: decidedBy === undefined ? undefined : yield* nameOf(decidedBy),
  }
})

const names = Effect.map(Staff.list, (all) => new Map<string, string>(all.map(({ staffId, name }) => [staffId, name])))

/** The name, as long as it is known. */
const nameOf = (staffId: StaffId) => Effect.map(names, (known) => known.get(staffId) ?? staffId)
