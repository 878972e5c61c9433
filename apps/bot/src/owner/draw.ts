/** The staff's messages, from what is stored now. Nothing is drawn for somebody who is not of the staff by then. */
import type { CustomerId } from "@paylog/domain/Invoice"
import * as Invoice from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import type { Database } from "@paylog/event-store/Database"
import { EventStore, type StoreUnavailable } from "@paylog/event-store/EventStore"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect, Schema } from "effect"
import type { Message } from "../view/Message.ts"
import type { Language } from "../words/language.ts"
import { askPage } from "./askPage.ts"
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
      return itemPage(language, stream, yield* Items.at(page), mayDecide)
    }
    case "Invoice": {
      const recorded = yield* (yield* EventStore).readStream(Invoice.stream(page.invoiceId))
      const shown = invoicePage(language, recorded, { mayDecide, now: yield* DateTime.now })
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
      return alarmPage(language, page)
    case "Many":
      return manyPage(language, page.alarms)
  }
})

const isRequestId = Schema.is(Request.Id)

const request = Effect.fnUntraced(function* (
  page: { readonly stream: string; readonly id: Request.Id },
  language: Language,
  viewer: Staff.Linked,
) {
  const shown = yield* existing(page)
  return requestPage(language, shown, yield* nameOf(shown.askedBy), viewer)
})

/** It was there when the page was decided on. That its text is not what was proposed is for the log of the process. */
const existing = ({ stream, id }: { readonly stream: string; readonly id: Request.Id }) =>
  Request.get(stream, id).pipe(
    Effect.catchTags({ NotAsked: Effect.die, ProposalNotFound: Effect.die, TextDiffers: Effect.die }),
  )

/** The name, as long as it is known. */
const nameOf = (staffId: StaffId) =>
  Effect.map(Staff.list, (all) => all.find((one) => one.staffId === staffId)?.name ?? staffId)
