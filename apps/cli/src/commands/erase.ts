/** `paylog erase`: what identifies a customer is erased, by two people. */
import { CustomerId } from "@paylog/domain/Invoice"
import { ProposalId } from "@paylog/domain/Proposal"
import { Digest } from "@paylog/domain/Text"
import * as Statement from "@paylog/event-store/Statement"
import * as Erasure from "@paylog/payments/Erasure"
import * as Ids from "@paylog/payments/Ids"
import { Console, DateTime, Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { acting, json, who, withId } from "../acting.ts"
import { busy } from "../Ended.ts"
import * as print from "../print.ts"
import * as proposing from "../proposing.ts"

const customer = Argument.String("customer").pipe(
  Argument.withSchema(CustomerId),
  Argument.withDescription("The customer's id: cus_…, as `paylog show INV` names it"),
)

const TelegramId = Schema.String.check(Schema.isPattern(/^[0-9]{1,20}$/, { expected: "the number of a Telegram user" }))

const find = Command.make(
  "find",
  {
    telegram: Argument.String("telegram-user-id").pipe(
      Argument.withSchema(TelegramId),
      Argument.withDescription("The person's number at Telegram. Mind your shell's history"),
    ),
    json,
  },
  ({ telegram, json }) =>
    Effect.gen(function* () {
      const customerId = yield* acting(Erasure.customerOf(telegram))
      yield* json ? print.json({ customerId }) : Console.log(customerId)
    }),
).pipe(Command.withDescription("Find the customer whom Telegram knows under a number"))

const propose = Command.make(
  "propose",
  { customer, ...who, ...proposing.flags, json },
  ({ customer, by, reason, json, id, hours }) =>
    Effect.gen(function* () {
      const proposal = yield* acting(
        withId(id, Ids.proposalId, (proposalId) => Erasure.propose(customer, { by, reason }, { proposalId, hours })),
      )
      yield* tell(proposal, json)
    }),
).pipe(
  Command.withDescription("Propose that all which identifies a customer is erased"),
  Command.withExamples([
    {
      command: 'paylog erase propose cus_4f0c… --by stf_9a1b… --reason "asked for by the customer"',
      description: "Another person approves it",
    },
  ]),
)

const show = Command.make("show", { customer, json }, ({ customer, json }) =>
  Effect.gen(function* () {
    const proposals = yield* acting(Erasure.proposals(customer))
    if (json) return yield* print.json(proposals)
    if (proposals.length === 0) return yield* Console.log(`Nobody has proposed to erase ${customer}`)
    yield* Effect.forEach(proposals, (proposal) => tell(proposal, false), { discard: true })
  }),
).pipe(
  Command.withDescription(
    "Show what was proposed about a customer, to the letter, and the digests that approvals name",
  ),
)

const approve = Command.make(
  "approve",
  {
    customer,
    proposal: Flag.String("proposal").pipe(
      Flag.withSchema(ProposalId),
      Flag.withDescription("pro_…, as it was proposed"),
    ),
    digest: Flag.String("digest").pipe(
      Flag.withSchema(Digest),
      Flag.withDescription("Of the text that you have read, as `paylog erase show` prints it"),
    ),
    ...who,
    json,
  },
  ({ customer, proposal, digest, by, reason, json }) =>
    Effect.gen(function* () {
      const erased = yield* acting(
        Erasure.approve(customer, { proposalId: proposal, digest }, { by, reason }, inbox).pipe(
          Effect.catchTag("InvoicesUnknown", ({ message }) => Effect.fail(busy(message))),
        ),
      )
      if (json) return yield* print.json({ customerId: customer, proposalId: proposal, ...erased })
      const { identities, updates, messages, attachments } = erased
      yield* Console.log(
        `${customer} is erased. Gone: ${print.count(identities, "record")} of who they are, ${print.count(updates, "message")} from them, ${print.count(messages, "message")} to them, the bytes of ${print.count(attachments, "delivery", "deliveries")} of the provider`,
      )
      yield* Console.error(
        "Backups, replicas' disks and the write-ahead log have it until they are recycled: see docs/operations.md. The same command again erases what has come since.",
      )
    }),
).pipe(
  Command.withDescription(
    "Erase what another person proposed to erase. May be repeated by the same person, for what has come since",
  ),
)

/** Of a bot that shares this database. */
const inbox: Erasure.Inbox = Effect.fnUntraced(function* (sql, { telegramUserId }) {
  const [found] = yield* sql.query<{ readonly hasBot: boolean }>(hasBot)
  if (found?.hasBot !== true) return 0
  return (yield* sql.query(eraseUpdates, [telegramUserId])).length
})

const tell = Effect.fnUntraced(function* (proposal: Erasure.Proposal, json: boolean) {
  if (json) return yield* print.json(proposal)
  const { customerId, proposalId, text, digest, approvedBy, expiresAt } = proposal
  yield* Console.log(`${text}\ndigest: ${digest}`)
  yield* Console.log(
    approvedBy === undefined
      ? `\nAnother person who has read this approves it until ${DateTime.formatIso(expiresAt)}, with:\n  paylog erase approve ${customerId} --proposal ${proposalId} --digest ${digest} --by stf_… --reason "…"`
      : `\nIt was approved by ${approvedBy}`,
  )
})

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/${name}.sql`, import.meta.url))
const hasBot = statement("has-bot")
const eraseUpdates = statement("erase-updates")

export const erase = Command.make("erase").pipe(
  Command.withDescription(
    "Erase what identifies a customer: one person proposes, another approves. The log stays whole",
  ),
  Command.withSubcommands([find, propose, show, approve]),
)
