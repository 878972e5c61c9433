/** Ends the waiting sign on a button that was pressed. Best effort: Telegram forgets a press after a while, and so does its user. */
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import { Effect, Metric } from "effect"
import type { Received } from "./Inbox.ts"
import { Telegram } from "./Telegram.ts"

/**
 * One call at most, and none while Telegram takes no answers: it has told one of this bot's processes to wait, and whoever
 * calls all the same waits longer, with the messages too. An answer that is refused is not repeated. Never fails.
 */
export const answerPress = Effect.fnUntraced(
  function* ({ botId, update }: Received, text: string | undefined) {
    if (!("callback_query" in update)) return
    const telegram = yield* Telegram
    const database = yield* Database
    if ((yield* database.query(paused, [botId])).length > 0) return yield* Metric.update(unanswered, 1)
    const answer = { callback_query_id: update.callback_query.id, ...(text === undefined ? {} : { text }) }
    yield* telegram
      .call("answerCallbackQuery", answer)
      .pipe(
        Effect.catchTag("TooManyRequests", ({ afterMs }) =>
          Effect.andThen(Metric.update(unanswered, 1), database.query(pause, [botId, afterMs])),
        ),
      )
  },
  (answering) => Effect.ignore(answering),
)

const statement = (name: string) => fromFile(new URL(`../sql/answers/${name}.sql`, import.meta.url))
const paused = statement("paused")
const pause = statement("pause")

const unanswered = Metric.counter("paylog_bot_presses_unanswered_total", {
  description: "Presses that were handled and not answered, since Telegram takes no answers for a while",
  incremental: true,
})
