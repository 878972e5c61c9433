/**
 * Erasing what identifies a customer, by two people: who they are, what they wrote, what they were told, and the bytes of the
 * provider's deliveries about their invoices. The log keeps every event and every digest, so what was proved of it stays so.
 */
import * as Erasure from "@paylog/domain/Erasure"
import type { CustomerId } from "@paylog/domain/Invoice"
import type { StaffId } from "@paylog/domain/Manual"
import { longestDays, type ProposalId, ProposalNotFound } from "@paylog/domain/Proposal"
import { Database, type Sql } from "@paylog/event-store/Database"
import { EventStore, type StoreUnavailable } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Statement from "@paylog/event-store/Statement"
import { DateTime, Effect, Schema } from "effect"
import { decider, execute } from "./Execute.ts"
import * as Ids from "./Ids.ts"
import * as InvoiceRows from "./InvoiceRows.ts"
import * as Manual from "./Manual.ts"
import { sha256, toHex } from "./sha256.ts"
import * as StoredEvents from "./StoredEvents.ts"

/** Nobody is known under this id, and nothing of it was ever proposed to be erased. */
export class CustomerNotFound extends Schema.TaggedError<CustomerNotFound>()("CustomerNotFound", {}) {
  override readonly message = "There is no such customer: unknown, or erased already"
}

/** What says which invoices are the customer's is not complete: nothing was erased. */
export class InvoicesUnknown extends Schema.TaggedError<InvoicesUnknown>()("InvoicesUnknown", {
  why: Schema.String,
}) {
  override readonly message = `Nothing is erased yet: ${this.why}. Then approve again`
}

const erasures = decider({
  codec: StoredEvents.erasure,
  initial: Erasure.absent,
  evolve: Erasure.evolve,
  decide: Erasure.decide,
})

/** The customer whom Telegram knows under this number. */
export const customerOf = Effect.fn("Erasure.customerOf")(function* (telegramUserId: string) {
  const rows = yield* (yield* Database).query<{ readonly customerId: CustomerId }>(findByTelegram, [telegramUserId])
  return rows[0]?.customerId ?? (yield* new CustomerNotFound())
})

export interface Options {
  /** Given by a caller that may repeat itself; the same id and proposal is one proposal. Default: a new id. */
  readonly proposalId?: ProposalId
  /** How long it can be approved: up to 7 days, which is the default. */
  readonly hours?: number
}

/** Proposes that the customer is erased. */
export const propose = Effect.fn("Erasure.propose")(function* (
  customerId: CustomerId,
  who: Manual.Who,
  { proposalId, hours = longestDays * 24 }: Options = {},
) {
  const { manual, about } = yield* Manual.act(who)
  const id = proposalId ?? (yield* Ids.proposalId)
  const isMade = (yield* proposals(customerId)).some((proposal) => proposal.proposalId === id)
  if (isMade) return yield* show(customerId, id)
  const known = yield* (yield* Database).query(findCustomer, [customerId])
  const { version } = yield* (yield* EventStore).load(erasures.fold, Erasure.stream(customerId))
  if (known.length === 0 && version === 0) return yield* new CustomerNotFound()
  const proposing = { customerId, proposalId: id, ...manual, expiresAt: DateTime.add(manual.at, { hours }) }
  yield* execute(erasures, {
    stream: Erasure.stream(customerId),
    purpose: `propose/${id}`,
    command: {
      _tag: "ProposeErasure",
      ...proposing,
      digest: digestOf(Erasure.textOf({ _tag: "ProposeErasure", ...proposing })),
    },
    about,
  })
  return yield* show(customerId, id)
})

export interface Proposal {
  readonly customerId: CustomerId
  readonly proposalId: ProposalId
  readonly text: string
  /** SHA-256, hex, of the text. */
  readonly digest: string
  readonly proposedBy: StaffId
  readonly proposedAt: DateTime.Utc
  readonly expiresAt: DateTime.Utc
  readonly approvedBy: StaffId | undefined
}

/** All proposals to erase this customer, the oldest first, with their texts made anew from the log. */
export const proposals = Effect.fn("Erasure.proposals")(function* (customerId: CustomerId) {
  const recorded = yield* (yield* EventStore).readStream(Erasure.stream(customerId))
  const events = recorded.map(StoredEvents.erasure.decode)
  return events.flatMap((event): ReadonlyArray<Proposal> => {
    if (event._tag !== "ErasureProposed") return []
    const { proposalId, digest, by: proposedBy, proposedAt, expiresAt } = event
    const approval = events.find((other) => other._tag === "ErasureApproved" && other.proposalId === proposalId)
    const text = Erasure.textOf({ ...event, _tag: "ProposeErasure", at: proposedAt })
    const approvedBy = approval?._tag === "ErasureApproved" ? approval.by : undefined
    return [{ customerId, proposalId, text, digest, proposedBy, proposedAt, expiresAt, approvedBy }]
  })
})

/** One of them. */
export const show = Effect.fn("Erasure.show")(function* (customerId: CustomerId, proposalId: ProposalId) {
  const found = (yield* proposals(customerId)).find((proposal) => proposal.proposalId === proposalId)
  return found ?? (yield* new ProposalNotFound({ proposalId }))
})

/** Whom Telegram knows, and how, as the last thing that is known of them. */
export interface Person {
  readonly telegramUserId: string
  readonly chatId: string
}

/** Erases what the person wrote, in the transaction that erases who they are; answers with how much there was. */
export type Inbox = (sql: Sql, person: Person) => Effect.Effect<number, StoreUnavailable>

/**
 * Approves, and erases in one transaction. The same approval of the same person again erases what has come since: a late
 * delivery about their invoices, say. Fails before it erases anything when the read model of invoices is not complete, since it
 * says which deliveries are about the customer.
 */
export const approve = Effect.fn("Erasure.approve")(function* (
  customerId: CustomerId,
  approval: { readonly proposalId: ProposalId; readonly digest: string },
  who: Manual.Who,
  inbox: Inbox,
) {
  const { manual, about } = yield* Manual.act(who)
  const stream = Erasure.stream(customerId)
  const { events } = yield* execute(erasures, {
    stream,
    purpose: `approve/${approval.proposalId}`,
    command: { _tag: "Approve", ...approval, ...manual },
    about,
  })
  yield* requireInvoices
  const { transaction } = yield* Database
  const erased = yield* transaction((sql) =>
    Effect.gen(function* () {
      const [person] = yield* sql.query<Person>(lockCustomer, [customerId])
      const [evidence] = yield* sql.query<{ readonly erased: number }>(eraseEvidence, [customerId])
      const updates = person === undefined ? 0 : yield* inbox(sql, person)
      const messages = yield* sql.query(deleteDeliveries, [customerId])
      const identities = yield* sql.query(deleteCustomer, [customerId])
      const counts: Erasure.Erased = {
        identities: identities.length,
        updates,
        messages: messages.length,
        attachments: evidence?.erased ?? 0,
      }
      return counts
    }),
  )
  yield* execute(erasures, {
    stream,
    purpose: (version) => `erased/${version}`,
    command: { _tag: "RecordErased", proposalId: approval.proposalId, ...erased, at: yield* DateTime.now },
    about,
  })
  return { ...erased, isNew: events.length > 0 }
})

/** The follower has come to the log's end, and has set nothing aside. */
const requireInvoices = Effect.gen(function* () {
  const { name } = InvoiceRows.follower
  const head = yield* (yield* EventStore).head
  yield* FollowerRunner.use((runner) => runner.awaitBookmark(name, head, "10 seconds")).pipe(
    Effect.catchTag("NotCaughtUp", ({ reached }) =>
      Effect.fail(
        new InvoicesUnknown({ why: `the follower ${name} is at position ${reached} of ${head}: start an ingester` }),
      ),
    ),
  )
  const parked = yield* (yield* Database).query<{ readonly stream: string }>(parkedStatement, [name])
  if (parked.length > 0)
    return yield* new InvoicesUnknown({
      why: `the follower ${name} has parked ${parked.map(({ stream }) => stream).join(", ")}: mend that`,
    })
})

const digestOf = (text: string): string => toHex(sha256(text))

const statement = (name: string) => Statement.fromFile(new URL(`../sql/erasure/${name}.sql`, import.meta.url))
const findCustomer = Statement.fromFile(new URL("../sql/find-customer.sql", import.meta.url))
const findByTelegram = statement("find-by-telegram")
const lockCustomer = statement("lock-customer")
const deleteCustomer = statement("delete-customer")
const deleteDeliveries = statement("delete-deliveries")
const eraseEvidence = statement("erase-evidence")
const parkedStatement = statement("parked")
