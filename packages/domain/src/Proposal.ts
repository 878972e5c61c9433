/**
 * What one person proposes and another approves. The approval names the SHA-256 of `proposalText`, so that nobody approves
 * anything but what they read; it must come in time, and it is used once.
 */
import { DateTime, Result, Schema } from "effect"
import { manual, type Manual, SamePerson, StaffId } from "./Manual.ts"
import { Digest, explain } from "./Text.ts"
import { Time } from "./Time.ts"

export const ProposalId = Schema.String.check(Schema.isPattern(/^pro_[0-9a-z]{20}$/)).pipe(Schema.brand("ProposalId"))
export type ProposalId = typeof ProposalId.Type

/** No approval is for ever: a proposal lives at most so long. */
export const longestDays = 7

/** The fields of an event that proposes, beside what is proposed. */
export const proposed = { proposalId: ProposalId, digest: Digest, ...manual, proposedAt: Time, expiresAt: Time }

/** The fields of an event that approves, beside what is approved. */
export const approved = { proposalId: ProposalId, digest: Digest, ...manual, approvedAt: Time }

// -- Events. Tags and fields are the stored format: add, never rename.

/** It is not carried out, for good: another person refused it, or whoever proposed it took it back. */
export const ProposalDeclined = Schema.TaggedStruct("ProposalDeclined", {
  proposalId: ProposalId,
  ...manual,
  declinedAt: Time,
})
export type ProposalDeclined = typeof ProposalDeclined.Type

// -- State.

export interface Proposal<What> {
  readonly proposalId: ProposalId
  readonly what: What
  readonly digest: string
  readonly proposedBy: StaffId
  readonly expiresAt: DateTime.Utc
  readonly approvedBy: StaffId | undefined
  readonly declinedBy: StaffId | undefined
}

/** Whether nobody has approved or declined it. It may have expired. */
export const isUndecided = ({
  approvedBy,
  declinedBy,
}: Pick<Proposal<unknown>, "approvedBy" | "declinedBy">): boolean =>
  approvedBy === undefined && declinedBy === undefined

/** The proposal that an event made. */
export const opened = <What>(
  what: What,
  event: {
    readonly proposalId: ProposalId
    readonly digest: string
    readonly by: StaffId
    readonly expiresAt: DateTime.Utc
  },
): Proposal<What> => ({
  proposalId: event.proposalId,
  what,
  digest: event.digest,
  proposedBy: event.by,
  expiresAt: event.expiresAt,
  approvedBy: undefined,
  declinedBy: undefined,
})

/** The proposals after the approval of one. */
export const used = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  event: { readonly proposalId: ProposalId; readonly by: StaffId },
): ReadonlyArray<Proposal<What>> =>
  proposals.map((proposal) =>
    proposal.proposalId === event.proposalId ? { ...proposal, approvedBy: event.by } : proposal,
  )

/** The proposals after one was declined. */
export const dropped = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  { proposalId, by }: ProposalDeclined,
): ReadonlyArray<Proposal<What>> =>
  proposals.map((proposal) => (proposal.proposalId === proposalId ? { ...proposal, declinedBy: by } : proposal))

// -- Commands.

/** What the text of a proposal says, beside what is proposed. */
export interface Proposing extends Manual {
  readonly proposalId: ProposalId
  readonly expiresAt: DateTime.Utc
}

export interface Approve extends Manual {
  readonly _tag: "Approve"
  readonly proposalId: ProposalId
  /** SHA-256, hex, of the `proposalText` that was read. */
  readonly digest: string
}

/** By anybody who may decide: whoever proposed it takes it back. */
export interface Decline extends Manual {
  readonly _tag: "Decline"
  readonly proposalId: ProposalId
}

/**
 * What people read and approve, and what is digested (as UTF-8): a line for each fact, in this order. `what` comes from the
 * aggregate and says what would be done and to which money. No line can hold a line break.
 */
export const proposalText = (stream: string, what: ReadonlyArray<string>, proposing: Proposing): string =>
  [
    "paylog-proposal/1",
    `stream: ${stream}`,
    `proposal: ${proposing.proposalId}`,
    ...what,
    `by: ${proposing.by}`,
    `reason: ${explain(proposing.reason)}`,
    `at: ${DateTime.formatIso(proposing.at)}`,
    `expires: ${DateTime.formatIso(proposing.expiresAt)}`,
    "",
  ].join("\n")

// -- Rejections.

export class ProposalNotFound extends Schema.TaggedError<ProposalNotFound>()("ProposalNotFound", {
  proposalId: ProposalId,
}) {
  override readonly message = `There is no proposal ${this.proposalId}`
}

/** The id is taken by another proposal, or the proposal was approved already. */
export class ProposalTaken extends Schema.TaggedError<ProposalTaken>()("ProposalTaken", { proposalId: ProposalId }) {
  override readonly message = `Proposal ${this.proposalId} is another one, or was approved already`
}

export class ProposalExpired extends Schema.TaggedError<ProposalExpired>()("ProposalExpired", {
  expiresAt: Schema.DateTimeUtc,
}) {
  override readonly message = `A proposal is for the next ${longestDays} days at most; this one is until ${DateTime.formatIso(this.expiresAt)}`
}

/** Nobody can approve it any more. */
export class DeclinedAlready extends Schema.TaggedError<DeclinedAlready>()("DeclinedAlready", {
  proposalId: ProposalId,
  by: StaffId,
}) {
  override readonly message = `Proposal ${this.proposalId} was declined by ${this.by}: it has to be proposed anew`
}

/** What is approved is not what was proposed. */
export class DigestMismatch extends Schema.TaggedError<DigestMismatch>()("DigestMismatch", {}) {
  override readonly message = "What is approved is not what was proposed"
}

export type ProposalRejected =
  | ProposalNotFound
  | ProposalTaken
  | ProposalExpired
  | DeclinedAlready
  | DigestMismatch
  | SamePerson

// -- Decisions.

/** `true` when the proposal may be made, `false` when it was. */
export const propose = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  { proposalId, digest, by, at, expiresAt }: Proposing & { readonly digest: string },
): Result.Result<boolean, ProposalRejected> => {
  const known = proposals.find((proposal) => proposal.proposalId === proposalId)
  if (known !== undefined)
    return known.digest === digest && known.proposedBy === by
      ? Result.succeed(false)
      : Result.fail(new ProposalTaken({ proposalId }))
  const latest = DateTime.add(at, { days: longestDays })
  return DateTime.isGreaterThan(expiresAt, at) && DateTime.isLessThanOrEqualTo(expiresAt, latest)
    ? Result.succeed(true)
    : Result.fail(new ProposalExpired({ expiresAt }))
}

/** The proposal that may be carried out now; `undefined` when this person's approval was carried out before. */
export const approve = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  { proposalId, digest, by, at }: Approve,
): Result.Result<Proposal<What> | undefined, ProposalRejected> => {
  const proposal = proposals.find((known) => known.proposalId === proposalId)
  if (proposal === undefined) return Result.fail(new ProposalNotFound({ proposalId }))
  if (proposal.proposedBy === by) return Result.fail(new SamePerson())
  if (proposal.digest !== digest) return Result.fail(new DigestMismatch())
  if (proposal.declinedBy !== undefined)
    return Result.fail(new DeclinedAlready({ proposalId, by: proposal.declinedBy }))
  if (proposal.approvedBy !== undefined)
    return proposal.approvedBy === by ? Result.succeed(undefined) : Result.fail(new ProposalTaken({ proposalId }))
  if (DateTime.isGreaterThanOrEqualTo(at, proposal.expiresAt))
    return Result.fail(new ProposalExpired({ expiresAt: proposal.expiresAt }))
  return Result.succeed(proposal)
}

/** The event that declines it; none when it was declined before, by whomever. One that has expired cannot be declined either. */
export const decline = <What>(
  proposals: ReadonlyArray<Proposal<What>>,
  { proposalId, by, reason, at }: Decline,
): Result.Result<ReadonlyArray<ProposalDeclined>, ProposalRejected> => {
  const proposal = proposals.find((known) => known.proposalId === proposalId)
  if (proposal === undefined) return Result.fail(new ProposalNotFound({ proposalId }))
  if (proposal.approvedBy !== undefined) return Result.fail(new ProposalTaken({ proposalId }))
  if (proposal.declinedBy !== undefined) return Result.succeed([])
  if (DateTime.isGreaterThanOrEqualTo(at, proposal.expiresAt))
    return Result.fail(new ProposalExpired({ expiresAt: proposal.expiresAt }))
  return Result.succeed([{ _tag: "ProposalDeclined", proposalId, by, reason: explain(reason), declinedAt: at }])
}
