/** The staff of a shop in the emulated Telegram: linked by an invitation, as they are. */
import * as Approvals from "@paylog/payments/Approvals"
import * as LedgerEntries from "@paylog/payments/LedgerEntries"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Staff from "@paylog/payments/Staff"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import type { Settings } from "@paylog/telegram-emulator/Emulator"
import { Effect, Layer } from "effect"
import { person, startBot } from "./shop.ts"
import { world } from "./world.ts"

const followers = [OpenItems.follower, Approvals.follower, LedgerEntries.follower]

/** The bot's world, with the read models that the staff looks at. */
export const staffWorld = (telegram: Settings = {}) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { run } = yield* FollowerRunner
      for (const follower of followers) yield* Effect.forkScoped(run(follower))
    }),
  ).pipe(Layer.provideMerge(world(telegram)))

/** The staff's read models have come to the log's end. */
export const followed = Effect.gen(function* () {
  const head = yield* (yield* EventStore).head
  const { awaitBookmark } = yield* FollowerRunner
  for (const { name } of followers) yield* awaitBookmark(name, head, "20 seconds")
})

/** Runs the bot, which tells its owners soon. */
export const startStaffBot = startBot({ tellOwnersEvery: "50 millis" })

/** Somebody of the staff, who has opened the link. */
export const member = Effect.fnUntraced(function* (
  name: string,
  { role = "owner", language = "en" }: { readonly role?: Staff.Role; readonly language?: string } = {},
) {
  const { staffId } = yield* Staff.add({ name, login: undefined, role })
  const somebody = yield* person(language)
  yield* somebody.send(`/start ${yield* Staff.invite(staffId)}`)
  yield* somebody.message(language === "en" ? "You are linked" : "Вы подключены")
  return { ...somebody, staffId }
})
