/** Random ids, from the cryptographic source: nobody can guess one, and none says anything about a person. */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { CustomerId, InvoiceId } from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

/** `prefix` and 20 characters of 0-9a-z: 103 bits. */
const random = Effect.fnUntraced(function* (prefix: string) {
  const source = yield* SecureRandom.SecureRandom
  let id = prefix
  for (let i = 0; i < 20; i++) id += alphabet[yield* source.intBetween(0, alphabet.length - 1)]
  return id
})

export const invoiceId = Effect.map(random("inv_"), (id) => InvoiceId.make(id))
export const customerId = Effect.map(random("cus_"), (id) => CustomerId.make(id))
export const keyId = random("key_")
export const staffId = Effect.map(random("stf_"), (id) => StaffId.make(id))
export const refundId = Effect.map(random("rfd_"), (id) => RefundId.make(id))
export const proposalId = Effect.map(random("pro_"), (id) => ProposalId.make(id))
/** Of one thing that a person does: it ties its events together. */
export const actId = random("act_")
/** What a new member of the staff shows to the bot, once: as the payload of a link `t.me/…?start=`. */
export const invitationCode = random("staff_")
