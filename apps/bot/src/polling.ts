/** Fetches updates by long polling. What was read is stored, and only the next call tells Telegram that it was. */
import { Effect } from "effect"
import { allowedUpdates } from "./Bot.ts"
import { Inbox } from "./Inbox.ts"
import { patiently } from "./patiently.ts"
import { persist } from "./persist.ts"
import { Telegram } from "./Telegram.ts"

const waitSeconds = 25

/** Runs for ever, whatever Telegram does. After a restart Telegram tells of unconfirmed updates again; the inbox knows them. */
export const poll = Effect.gen(function* () {
  const telegram = yield* Telegram
  const inbox = yield* Inbox
  // While a webhook is set, Telegram refuses to be polled.
  yield* persist("deleteWebhook", telegram.call("deleteWebhook", {}))

  // From the first unconfirmed one on. Not stored: after a quiet week, Telegram begins with another number.
  let offset = 0
  while (true) {
    const asked = { offset, timeout: waitSeconds, allowed_updates: allowedUpdates }
    const updates = yield* persist("getUpdates", telegram.call("getUpdates", asked, (waitSeconds + 10) * 1000))
    yield* inbox.store(updates).pipe(patiently("Updates cannot be stored"))
    offset = Math.max(offset, ...updates.map(({ update_id }) => update_id + 1))
  }
})
