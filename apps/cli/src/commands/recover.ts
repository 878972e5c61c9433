/** `paylog recover --fork`: events that an outside checkpoint holds are lost, and the log goes on as another one. */
import * as Ids from "@paylog/payments/Ids"
import * as LogHistory from "@paylog/sealer/LogHistory"
import * as Outside from "@paylog/sealer/Outside"
import * as Standing from "@paylog/sealer/Standing"
import * as Note from "@paylog/transparency/Note"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { actingOnLog, json, who, withId } from "../acting.ts"
import { refused, usage } from "../Ended.ts"
import * as sealing from "../sealing.ts"

export const recover = Command.make(
  "recover",
  {
    fork: Flag.Boolean("fork").pipe(
      Flag.withDescription("Say it: what was lost stays lost, and everybody may see that"),
      Flag.withDefault(false),
    ),
    origin: Flag.String("origin").pipe(Flag.withDescription("The new log's name, such as example.com/payments/2")),
    ...who,
    id: sealing.id,
    json,
  },
  ({ fork, origin, by, reason, id, json }) =>
    Effect.gen(function* () {
      if (!fork) return yield* usage("A lost tail comes back from a backup, or not at all: the latter is --fork")
      const proposed = yield* sealing.withStore(({ keys }) =>
        actingOnLog(
          withId(id, Ids.proposalId, (proposalId) =>
            Effect.gen(function* () {
              if (!Note.isName(origin) || origin === keys.origin)
                return yield* usage(`A fork has a name of its own, other than ${keys.origin}, without spaces and +`)
              const outside = yield* Outside.read
              const standing = yield* Standing.compare(outside)
              const lost = standing._tag === "Shorter" || standing._tag === "Differs"
              if (!lost || outside === undefined) return yield* refused(Standing.describe(standing))
              if (standing.from === undefined)
                return yield* refused(
                  `${Standing.describe(standing)}: so nobody can say what is lost. Put the tiles of that checkpoint back into the store, from a mirror say`,
                )
              const kept = Number(standing.from - 1n)
              if (!(yield* Outside.shows(outside, kept)))
                return yield* refused(
                  `${Standing.describe(standing)}: and that all before it is the same is not shown by the tree. Make it anew from the events first: docs/operations.md, Sealing`,
                )
              const what = { _tag: "ForkProposed", origin, kept, checkpoint: outside.note } as const
              return yield* LogHistory.propose(proposalId, what, yield* sealing.act({ by, reason }))
            }),
          ),
        ),
      )
      yield* sealing.show(proposed, json)
    }),
).pipe(
  Command.withDescription(
    "Propose that the log go on under another name, since events that were signed are lost; another person approves it",
  ),
)
