/**
 * Posts the log's checkpoints to a channel: its subscribers are witnesses. Once a thousand people hold yesterday's checkpoint,
 * nobody can rewrite yesterday.
 */
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as Posts from "@paylog/sealer/Posts"
import { Config, Duration, Effect, Option, Schema } from "effect"
import { Telegram } from "./Telegram.ts"

export interface ChannelSettings {
  readonly channel: string
  /** At most one post in such a time. */
  readonly every: Duration.Duration
}

const Channel = Schema.String.check(
  Schema.isPattern(/^(@[A-Za-z][A-Za-z0-9_]{3,31}|-?\d{1,16})$/, { expected: "a channel as @name or -1001234567890" }),
)

/** `LOG_CHANNEL_ID`: without it nothing is posted. `LOG_CHANNEL_EVERY`. */
export const environment: Config.Config<Option.Option<ChannelSettings>> = Config.option(
  Config.schema(Channel, "LOG_CHANNEL_ID"),
).pipe(
  Config.flatMap((channel) =>
    Option.isNone(channel)
      ? Config.succeed(Option.none())
      : Config.schema(
          Schema.DurationFromString.check(
            Schema.makeFilter(Duration.between({ minimum: Duration.seconds(5), maximum: Duration.days(1) }), {
              expected: '5 seconds to 1 day, such as "10 minutes"',
            }),
          ),
          "LOG_CHANNEL_EVERY",
        ).pipe(
          Config.withDefault(Duration.minutes(10)),
          Config.map((every) => Option.some({ channel: channel.value, every })),
        ),
  ),
)

/** For ever, in any number of processes: one of them posts. */
export const postCheckpoints = (settings: Option.Option<ChannelSettings>) =>
  Option.match(settings, {
    onNone: () => Effect.never,
    onSome: Effect.fnUntraced(function* (settings) {
      if (Option.isNone(yield* Effect.serviceOption(LogKeys)))
        yield* Effect.logWarning(
          "Nothing is posted to LOG_CHANNEL_ID: LOG_ORIGIN is not set, so no checkpoint can be checked",
        )
      return yield* postOnce(settings).pipe(
        Effect.catchTag("StoreUnavailable", ({ message }) => Effect.logWarning(message)),
        Effect.andThen(Effect.sleep(Duration.min(settings.every, Duration.seconds(5)))),
        Effect.forever,
      )
    }),
  })

/** Posts the newest checkpoint, as a note that can be copied and checked, if it is due. */
export const postOnce = Effect.fnUntraced(function* ({ channel, every }: ChannelSettings) {
  const due = yield* Posts.claim(channel, every)
  if (due === undefined) return
  const telegram = yield* Telegram
  const entities = [{ type: "pre" as const, offset: 0, length: due.note.length, language: "text" }]
  yield* telegram.call("sendMessage", { chat_id: channel, text: due.note, entities, disable_notification: true }).pipe(
    Effect.asVoid,
    Effect.catch((failure) =>
      Effect.gen(function* () {
        const why = "reason" in failure ? `${failure._tag}, ${failure.reason}` : failure._tag
        yield* Effect.logError(`The checkpoint of ${due.size} events was not posted to the channel: ${why}`)
        // Of one that may have been posted nothing is known; another follows.
        if (failure._tag !== "Unavailable") yield* Posts.unsaid(channel)
      }),
    ),
  )
})
