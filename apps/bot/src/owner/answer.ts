/**
 * What the bot does about what the staff writes or presses, in their private chat. Whoever is not of the staff gets no answer from
 * here, and so what anybody gets. As every handler, it may run twice for one update: what it does for good has the update's name.
 */
import * as Staff from "@paylog/payments/Staff"
import { Effect, Option } from "effect"
import type { Update } from "telegraf/types"
import type { Asked } from "../handlers.ts"
import { wrote } from "./complete.ts"
import { named } from "./named.ts"
import * as Press from "./Press.ts"
import { pressed } from "./pressed.ts"
import { type Acting, show } from "./reply.ts"

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
