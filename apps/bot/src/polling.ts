/**
 * Fetches updates by long polling, in one process at a time: Telegram bears one poller a bot. What was read is stored, and only
 * the next call tells Telegram that it was.
 */
import { Effect, Metric, Result } from "effect"
import { alone } from "./alone.ts"
import { allowedUpdates } from "./Bot.ts"
import { Inbox } from "./Inbox.ts"
import { beat } from "./Loops.ts"
import { patiently } from "./patiently.ts"
import { persist, waitMs } from "./persist.ts"
import { type Failure, Telegram } from "./Telegram.ts"

const waitSeconds = 25

/**
 * Runs for ever, whatever Telegram does; ends with a defect when what answers is no Telegram. In another process, or after a
 * restart, Telegram tells of unconfirmed updates again; the inbox knows them.
 */
export const poll = Effect.fnUntraced(function* (botId: number) {
  const telegram = yield* Telegram
  // While a webhook is set, Telegram refuses to be polled.
  yield* persist("deleteWebhook", telegram.call("deleteWebhook", {}))
  return yield* alone(botId, fetchForEver)
})

const fetchForEver = Effect.gen(function* () {
  const telegram = yield* Telegram
  const inbox = yield* Inbox
  // From the first unconfirmed one on. Not stored: after a quiet week, Telegram begins with another number.
  let offset = 0
  let failures = 0
  while (true) {
    const asked = { offset, timeout: waitSeconds, allowed_updates: allowedUpdates }
    yield* beat("poller", (waitSeconds + 10) * 1000)
    const told = yield* Effect.result(telegram.call("getUpdates", asked, (waitSeconds + 10) * 1000))
    if (Result.isFailure(told)) {
      yield* wait(told.failure, ++failures)
      continue
    }
    failures = 0
    const updates = told.success
    yield* inbox.store(updates).pipe(patiently("Updates cannot be stored"))
    offset = Math.max(offset, ...updates.map(({ update_id }) => update_id + 1))
  }
})

/** That somebody else polls is said once: a program that is none of ours may do so for long. */
const wait = Effect.fnUntraced(function* (failure: Failure, failures: number) {
  const ms = yield* waitMs(failure, failures, 30_000)
  if (failure._tag === "Conflict") {
    yield* Metric.update(conflicts, 1)
    if (failures === 1)
      yield* Effect.logWarning("Somebody else asks for this bot's updates; this process waits until they stop")
  } else {
    const why = "reason" in failure ? `${failure._tag}, ${failure.reason}` : failure._tag
    yield* Effect.logWarning(`getUpdates failed (${why}); next try in ${Math.round(ms / 100) / 10} s`)
  }
  yield* beat("poller", ms)
  yield* Effect.sleep(ms)
})

const conflicts = Metric.counter("paylog_bot_poll_conflicts_total", {
  description: "Polls that Telegram ended since somebody else polls, or since a webhook is set",
  incremental: true,
})
