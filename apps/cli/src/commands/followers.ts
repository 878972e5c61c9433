/** `paylog followers`: where each follower is, and what waits for a person. */
import * as Database from "@paylog/event-store/environment"
import { FollowerRunner, type FollowerStatus } from "@paylog/event-store/FollowerRunner"
import * as Rebuild from "@paylog/event-store/Rebuild"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import * as catalogue from "@paylog/payments/followers"
import * as print from "../print.ts"
import * as services from "../services.ts"

const flags = {
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
}

export const followers = Command.make("followers", flags, ({ json }) =>
  Effect.gen(function* () {
    const database = yield* Database.environment
    const { status, rebuilds } = yield* Effect.gen(function* () {
      return { status: yield* (yield* FollowerRunner).status, rebuilds: yield* Rebuild.unfinished }
    }).pipe(Effect.provide(services.followers(database)))
    if (json) {
      // `waiting` speaks of this process, which leads nothing.
      const told = status.map((one) => ({ ...one, waiting: undefined, programVersion: versionHere(one.follower) }))
      return yield* print.json({ followers: told, rebuilds })
    }
    yield* print.table(
      ["FOLLOWER", "POSITION", "BEHIND", "FOR", "VERSION", "LEADER", "PARKED"],
      status.map((one) => [
        one.follower,
        print.number(one.position),
        `${print.number(one.lagEvents)} events`,
        print.duration(one.lagMs),
        version(one),
        one.holder ?? "none",
        String(one.parked.length),
      ]),
    )
    for (const { follower, parked } of status)
      for (const { stream, position, reason } of parked)
        yield* Console.log(`\n${follower} has parked ${stream} at position ${position}:\n  ${print.plain(reason)}`)
    for (const { follower, version, running, position, parked } of rebuilds)
      yield* Console.log(
        `\nA rebuild of ${follower} to version ${version} ${running ? "is running" : "is unfinished"}, at position ${print.number(position)}, with ${parked} parked streams`,
      )
  }),
).pipe(Command.withDescription("Show where each follower is, who leads it, and which streams it has parked, and why"))

const versionHere = (follower: string): number | undefined =>
  catalogue.projections.find(({ name }) => name === follower)?.version

const version = ({ follower, version }: FollowerStatus): string => {
  const here = versionHere(follower)
  return here === undefined || here === version ? String(version) : `${version} (this program: ${here})`
}
