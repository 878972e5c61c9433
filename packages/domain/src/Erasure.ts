/**
 * Erasing what identifies a customer: one person proposes it, another approves. The log knows the customer's random id alone, so
 * nothing of it is erased; what two people did about it stands here.
 */
import { type DateTime, Result, Schema } from "effect"
import { CustomerId } from "./Invoice.ts"
import * as Proposal from "./Proposal.ts"
import { explain } from "./Text.ts"
import { Time } from "./Time.ts"

/** The stream that holds what was erased of a customer. */
export const stream = (customerId: CustomerId): string => `erasure-${customerId}`

// -- Events. Tags and fields are the stored format: add, never rename.

export const ErasureProposed = Schema.TaggedStruct("ErasureProposed", { customerId: CustomerId, ...Proposal.proposed })
export type ErasureProposed = typeof ErasureProposed.Type

/** From here on it is erased, now and whenever the same approval is given again. */
export const ErasureApproved = Schema.TaggedStruct("ErasureApproved", { customerId: CustomerId, ...Proposal.approved })

const counts = {
  /** Rows that say who the customer is. */
  identities: Schema.Natural,
  /** What the customer wrote and pressed. */
  updates: Schema.Natural,
  /** What the customer was or was to be told. */
  messages: Schema.Natural,
  /** Deliveries of a provider whose bytes are gone. */
  attachments: Schema.Natural,
}

/** How much was there and is gone. Once for each time that something was. */
export const ErasureCarriedOut = Schema.TaggedStruct("ErasureCarriedOut", {
  customerId: CustomerId,
  proposalId: Proposal.ProposalId,
  ...counts,
  erasedAt: Time,
})

export const ErasureEvent = Schema.Union([ErasureProposed, ErasureApproved, ErasureCarriedOut])
export type ErasureEvent = typeof ErasureEvent.Type

// -- State.

export interface Erasure {
  readonly proposals: ReadonlyArray<Proposal.Proposal<CustomerId>>
}

export const absent: Erasure = { proposals: [] }

export const evolve = (state: Erasure, event: ErasureEvent): Erasure => {
  switch (event._tag) {
    case "ErasureProposed":
      return { proposals: [...state.proposals, Proposal.opened(event.customerId, event)] }
    case "ErasureApproved":
      return { proposals: Proposal.used(state.proposals, event) }
    case "ErasureCarriedOut":
      return state
  }
}

// -- Commands.

export interface ProposeErasure extends Proposal.Proposing {
  readonly _tag: "ProposeErasure"
  readonly customerId: CustomerId
  /** SHA-256, hex, of `textOf` this command. */
  readonly digest: string
}

/** Rows that are gone, of each kind. */
export interface Erased {
  readonly identities: number
  readonly updates: number
  readonly messages: number
  readonly attachments: number
}

export interface RecordErased extends Erased {
  readonly _tag: "RecordErased"
  readonly proposalId: Proposal.ProposalId
  readonly at: DateTime.Utc
}

export type ErasureCommand = ProposeErasure | Proposal.Approve | RecordErased

/** What the proposer and the approver read, and what both digest. */
export const textOf = (proposing: Omit<ProposeErasure, "digest">): string =>
  Proposal.proposalText(
    stream(proposing.customerId),
    ["erasure: EraseCustomer", `customer: ${proposing.customerId}`],
    proposing,
  )

// -- Decisions: events, or nothing when it is already so.

type Decision = Result.Result<ReadonlyArray<ErasureEvent>, Proposal.ProposalRejected>

export const decide = ({ proposals }: Erasure, command: ErasureCommand): Decision => {
  switch (command._tag) {
    case "ProposeErasure": {
      const { customerId, proposalId, digest, by, reason, at: proposedAt, expiresAt } = command
      return Result.map(Proposal.propose(proposals, command), (isNew) =>
        isNew
          ? [
              {
                _tag: "ErasureProposed",
                customerId,
                proposalId,
                digest,
                by,
                reason: explain(reason),
                proposedAt,
                expiresAt,
              },
            ]
          : [],
      )
    }
    case "Approve": {
      const { proposalId, digest, by, reason, at: approvedAt } = command
      return Result.map(Proposal.approve(proposals, command), (proposal) =>
        proposal === undefined
          ? []
          : [
              {
                _tag: "ErasureApproved",
                customerId: proposal.what,
                proposalId,
                digest,
                by,
                reason: explain(reason),
                approvedAt,
              },
            ],
      )
    }
    case "RecordErased": {
      const { proposalId, identities, updates, messages, attachments, at: erasedAt } = command
      const proposal = proposals.find((known) => known.proposalId === proposalId)
      if (proposal?.approvedBy === undefined) return Result.fail(new Proposal.ProposalNotFound({ proposalId }))
      return Result.succeed(
        identities + updates + messages + attachments === 0
          ? []
          : [
              {
                _tag: "ErasureCarriedOut",
                customerId: proposal.what,
                proposalId,
                identities,
                updates,
                messages,
                attachments,
                erasedAt,
              },
            ],
      )
    }
  }
}
