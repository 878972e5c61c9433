/** `paylog unpark FOLLOWER STREAM`: try a parked stream again. */
import * as Database from "@paylog/event-store/environment"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import * as catalogue from "@paylog/payments/followers"
import { refused, usage } from "../Ended.ts"
import * as services from "../services.ts"

const args = {
  follower: Argument.String("follower").pipe(
    Argument.withDescription(`One of ${catalogue.names(catalogue.followers)}`),
  ),
  stream: Argument.String("stream").pipe(Argument.withDescription("The parked stream, as `paylog followers` shows it")),
}

export const unpark = Command.make("unpark", args, ({ follower: name, stream }) =>
  Effect.gen(function* () {
    const follower = catalogue.followers.find((one) => one.name === name)
    if (follower === undefined)
      return yield* usage(`There is no follower ${name}: it is one of ${catalogue.names(catalogue.followers)}`)
    const database = yield* Database.environment
    const applied = yield* FollowerRunner.use((runner) => runner.replay(follower, stream)).pipe(
      Effect.catchTags({
        NotParked: ({ message }) => Effect.fail(refused(message)),
        StillFailing: ({ message }) => Effect.fail(refused(message)),
        VersionDiffers: ({ message }) => Effect.fail(refused(message)),
      }),
      Effect.provide(services.followers(database)),
    )
    yield* Console.log(`${name} has applied ${applied} events of ${stream}; it is not parked any more`)
  }),
).pipe(
  Command.withDescription("Apply the events of a parked stream, once what was wrong is mended"),
  Command.withExamples([{ command: "paylog unpark invoices invoice-inv_4f0c…", description: "Try one stream again" }]),
)
