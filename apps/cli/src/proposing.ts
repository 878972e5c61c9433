/** Proposals, as the commands make and show them. */
import { longestDays, ProposalId } from "@paylog/domain/Proposal"
import * as Ids from "@paylog/payments/Ids"
import type * as Proposals from "@paylog/payments/Proposals"
import { Console, Effect, type Option, Schema } from "effect"
import { Flag } from "effect/cli"
import { acting, withId } from "./acting.ts"
import * as printing from "./print.ts"

const Hours = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: longestDays * 24 }))

export const flags = {
  id: Flag.String("id").pipe(
    Flag.withSchema(ProposalId),
    Flag.withDescription("The proposal's id, when this is a repetition. Default: a new one"),
    Flag.optional,
  ),
  hours: Flag.Int("hours").pipe(
    Flag.withSchema(Hours),
    Flag.withDescription(`How long it can be approved. Default and longest: ${longestDays * 24}`),
    Flag.withDefault(longestDays * 24),
  ),
}

interface Given {
  readonly id: Option.Option<ProposalId>
  readonly hours: number
}

/** Proposes under an id that is known before it is asked for. */
export const propose = <E extends { readonly _tag: string; readonly message: string }, R>(
  { id, hours }: Given,
  use: (options: Proposals.Options) => Effect.Effect<Proposals.Proposal, E, R>,
) => acting(withId(id, Ids.proposalId, (proposalId) => use({ proposalId, hours })))

/** The text that an approver has to read, and how to approve it. */
export const print = (proposal: Proposals.Proposal, json: boolean) =>
  Effect.gen(function* () {
    if (json) return yield* printing.json(proposal)
    const { proposalId, text, digest, approvedBy, declinedBy } = proposal
    yield* Console.log(`${text}\ndigest: ${digest}`)
    if (declinedBy !== undefined)
      return yield* Console.log(`\nIt was declined by ${declinedBy}, and nobody can approve it any more`)
    yield* Console.log(
      approvedBy === undefined
        ? `\nAnother person who has read this approves it with:\n  paylog correct approve ${proposalId} --digest ${digest} --by stf_… --reason "…"`
        : `\nIt was approved by ${approvedBy}, and is carried out`,
    )
  })
