/** What the commands about the log itself have in common. */
import type { StaffId } from "@paylog/domain/Manual"
import { ProposalId } from "@paylog/domain/Proposal"
import * as Manual from "@paylog/payments/Manual"
import * as Metadata from "@paylog/payments/Metadata"
import type * as Environment from "@paylog/sealer/environment"
import * as Sealer from "@paylog/sealer/environment"
import * as LogEvents from "@paylog/sealer/LogEvents"
import type * as LogHistory from "@paylog/sealer/LogHistory"
import * as Sealing from "@paylog/sealer/Sealing"
import { Console, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { usage } from "./Ended.ts"
import * as print from "./print.ts"

export const id = Flag.String("id").pipe(
  Flag.withSchema(ProposalId),
  Flag.withDescription("The proposal's id, when this is a repetition. Default: a new one"),
  Flag.optional,
)

/** Runs it with the keys and the checkpoint store of the environment. */
export const withStore = <A, E, R>(use: (sealing: Environment.Sealing) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sealing = Option.getOrUndefined(yield* Sealer.forChecking)
    if (sealing === undefined)
      return yield* usage("There is no checkpoint store: set LOG_ORIGIN, CHECKPOINT_STORE and LOG_VERIFIER_KEYS")
    return yield* use(sealing).pipe(Effect.provide(Sealing.outside(sealing)))
  })

/** Who decides: somebody of the staff, with a login of their own. */
export const act = Effect.fnUntraced(function* (who: { readonly by: StaffId; readonly reason: string }) {
  const { manual, about } = yield* Manual.act(who)
  const metadata = JSON.stringify(Metadata.complete(about, undefined))
  return { ...manual, metadata } satisfies LogHistory.Act
})

/** A proposal with the text that an approver has to read, and its digest. */
export const shown = (event: LogEvents.Proposed) => ({
  ...event,
  text: LogEvents.textOf(event),
  digest: LogEvents.digestOf(event),
})

/** The text that an approver has to read, and how to approve it. */
export const show = (event: LogEvents.Proposed, json: boolean) =>
  Effect.gen(function* () {
    const { text, digest } = shown(event)
    if (json) return yield* print.json(shown(event))
    yield* Console.log(
      `${text}digest: ${digest}\n\nAnother person who has read this approves it with:\n  paylog checkpoint approve ${event.proposalId} --digest ${digest} --by stf_… --reason "…"`,
    )
  })
