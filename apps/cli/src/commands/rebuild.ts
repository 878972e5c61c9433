/** `paylog rebuild [PROJECTION]`: a read model's rows made anew from the log, while the old ones serve. */
import * as Database from "@paylog/event-store/environment"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"
import type { Projection } from "@paylog/event-store/Projection"
import * as Rebuild from "@paylog/event-store/Rebuild"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { availableParallelism } from "node:os"
import * as catalogue from "@paylog/payments/followers"
import { busy, type Ended, refused, usage } from "../Ended.ts"
import * as print from "../print.ts"
import * as ProgressLine from "../ProgressLine.ts"
import * as services from "../services.ts"

const Shards = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))

const args = {
  projection: Argument.String("projection").pipe(
    Argument.withDescription(`One of ${catalogue.names(catalogue.projections)}. Default: all, one after the other`),
    Argument.optional,
  ),
  shards: Flag.Int("shards").pipe(
    Flag.withSchema(Shards),
    Flag.withDescription("How many write at once, each on a connection. Default: the number of cores, at most 8"),
    Flag.withDefault(Math.min(8, availableParallelism())),
  ),
  noSwitch: Flag.Boolean("no-switch").pipe(
    Flag.withDescription("Build the new rows, and leave them aside; the same without the flag puts them in place"),
    Flag.withDefault(false),
  ),
  drop: Flag.Boolean("drop").pipe(
    Flag.withDescription("Take back an unfinished rebuild instead, with all it has made"),
    Flag.withDefault(false),
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
}

export const rebuild = Command.make("rebuild", args, (given) =>
  Effect.gen(function* () {
    const name = Option.getOrUndefined(given.projection)
    const chosen = catalogue.projections.filter((one) => name === undefined || one.name === name)
    if (chosen.length === 0)
      return yield* usage(
        `There is no projection ${name}: it is one of ${catalogue.names(catalogue.projections)}. Other followers cause work to be done, and are never rebuilt`,
      )
    const at = services.asOwner(yield* Database.environment)
    const results = yield* Effect.forEach(chosen, (one) => act(one, given)).pipe(
      Effect.provide(services.store(at, given.shards + 3)),
    )
    if (given.json) yield* print.json(results)
  }),
).pipe(
  Command.withDescription("Build a read model anew from the log, and put it in place while everything goes on"),
  Command.withExamples([
    { command: "paylog rebuild invoices", description: "After a deploy of a new version, or to repair rows" },
    { command: "paylog rebuild invoices --no-switch", description: "Build only; the same without the flag switches" },
    { command: "paylog rebuild invoices --drop", description: "Give an unfinished rebuild up" },
  ]),
)

type Result = { readonly projection: string } & (Rebuild.Rebuilt | { readonly dropped: true })

const act = (projection: Projection, given: Given): Effect.Effect<Result, Ended | StoreUnavailable, Rebuild.Services> =>
  given.drop ? dropOne(projection) : rebuildOne(projection, given)

interface Given {
  readonly drop: boolean
  readonly shards: number
  readonly noSwitch: boolean
  readonly json: boolean
}

const rebuildOne = (projection: Projection, given: Given) =>
  Effect.gen(function* () {
    const { name } = projection
    const result = yield* ProgressLine.during(name, (onProgress) =>
      Rebuild.run(projection, { shards: given.shards, switch: !given.noSwitch, onProgress }),
    ).pipe(
      Effect.onInterrupt(() =>
        Console.error(
          `Stopped. Nothing is lost: "paylog rebuild ${name}" goes on where it was, "paylog rebuild ${name} --drop" gives it up`,
        ),
      ),
      Effect.catchTags({
        RebuildParked: (error) => Effect.fail(refused(describeParked(error))),
        OtherRebuild: ({ message }) => Effect.fail(refused(`${message}: paylog rebuild ${name} --drop`)),
        NotRebuildable: ({ message }) => Effect.fail(refused(message)),
        RebuildRunning: ({ message }) => Effect.fail(busy(message)),
        SwitchBlocked: ({ message }) => Effect.fail(busy(message)),
      }),
    )
    if (!given.json) {
      const { position, from, to, switched, parked } = result
      const upTo = `up to position ${print.number(position)}`
      yield* Console.log(
        switched
          ? `${name} is rebuilt ${upTo} and in place${from === to ? "" : `: version ${to} instead of ${from}`}`
          : `${name} is built ${upTo}, in version ${to}, and not yet in place: "paylog rebuild ${name}" goes on and switches`,
      )
      if (parked.length > 0)
        yield* Console.log(`Streams that stay parked, as before: ${parked.length}. See "paylog followers"`)
    }
    return { projection: name, ...result }
  })

const describeParked = ({ projection, parked, message }: Rebuild.RebuildParked): string =>
  [
    `${message}:`,
    ...parked.map(({ stream, position, reason }) => `  ${stream} at position ${position}: ${print.plain(reason)}`),
    `After a fix, "paylog rebuild ${projection}" tries these again and goes on; "paylog rebuild ${projection} --drop" gives it up`,
  ].join("\n")

const dropOne = ({ name }: Projection) =>
  Rebuild.drop(name).pipe(
    Effect.tap(() => Console.error(`The unfinished rebuild of ${name} is dropped`)),
    Effect.as({ projection: name, dropped: true as const }),
    Effect.catchTags({
      NoRebuild: ({ message }): Effect.Effect<never, Ended> => Effect.fail(refused(message)),
      RebuildRunning: ({ message }) => Effect.fail(busy(message)),
    }),
  )
