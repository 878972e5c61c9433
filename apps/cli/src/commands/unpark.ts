/** `paylog unpark FOLLOWER STREAM`: try a parked stream again; `unpark updates` and `unpark messages`: what the bot set aside. */
import { Database } from "@paylog/event-store/Database"
import * as environment from "@paylog/event-store/environment"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Statement from "@paylog/event-store/Statement"
import * as Deliveries from "@paylog/payments/Deliveries"
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import * as catalogue from "@paylog/payments/followers"
import { json } from "../acting.ts"
import { refused, usage } from "../Ended.ts"
import * as print from "../print.ts"
import * as services from "../services.ts"

const followers = catalogue.names(catalogue.followers)

const args = {
  follower: Argument.String("follower").pipe(
    Argument.withDescription(`One of ${followers}; or "updates" or "messages" of the bot`),
  ),
  stream: Argument.String("stream").pipe(
    Argument.withDescription(
      'The parked stream, as `paylog followers` shows it; the update_id or delivery_id of what the bot set aside, or "all"',
    ),
  ),
  json,
}

export const unpark = Command.make("unpark", args, ({ follower: name, stream, json }) =>
  Effect.gen(function* () {
    const follower = catalogue.followers.find((one) => one.name === name)
    if (follower === undefined && name !== "updates" && name !== "messages")
      return yield* usage(`There is no follower ${name}: it is one of ${followers}, or updates or messages`)
    if (name === "updates" && !/^(all|\d{1,18})$/.test(stream)) return yield* usage("An update has a number")
    const database = yield* environment.environment
    const { applied, text } = yield* Effect.gen(function* () {
      if (follower !== undefined) return yield* replay(follower, stream)
      return yield* name === "updates" ? updates(stream) : messages(stream)
    }).pipe(Effect.provide(services.followers(database)))
    yield* json ? print.json({ follower: name, stream, applied }) : Console.log(text)
  }),
).pipe(
  Command.withDescription("Try again what was set aside, once what was wrong is mended"),
  Command.withExamples([
    { command: "paylog unpark invoices invoice-inv_4f0c…", description: "Try one stream again" },
    { command: "paylog unpark updates all", description: "Have the bot handle again what it set aside" },
  ]),
)

const replay = Effect.fnUntraced(function* (follower: (typeof catalogue.followers)[number], stream: string) {
  const applied = yield* FollowerRunner.use((runner) => runner.replay(follower, stream)).pipe(
    Effect.catchTags({
      NotParked: ({ message }) => Effect.fail(refused(message)),
      StillFailing: ({ message }) => Effect.fail(refused(message)),
      VersionDiffers: ({ message }) => Effect.fail(refused(message)),
    }),
  )
  const text = `${follower.name} has applied ${print.count(applied, "event")} of ${stream}; it is not parked any more`
  return { applied, text }
})

const updates = Effect.fnUntraced(function* (which: string) {
  const { query } = yield* Database
  const [found] = yield* query<{ readonly hasBot: boolean }>(hasBot)
  if (found?.hasBot !== true) return yield* refused("No bot works with this database")
  const released = yield* query(unparkUpdates, [which === "all" ? null : which])
  return yield* tell(released.length, which, "update", "handles")
})

const messages = Effect.fnUntraced(function* (which: string) {
  const { transaction } = yield* Database
  const released = yield* transaction((sql) => Deliveries.release(sql, which === "all" ? undefined : which))
  return yield* tell(released, which, "message", "sends")
})

const tell = (applied: number, which: string, one: string, does: string) =>
  applied > 0
    ? Effect.succeed({ applied, text: `The bot ${does} ${print.count(applied, one)} again` })
    : Effect.fail(refused(which === "all" ? `No ${one} is set aside` : `No ${one} ${which} is set aside`))

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/${name}.sql`, import.meta.url))
const hasBot = statement("has-bot")
const unparkUpdates = statement("unpark-updates")
