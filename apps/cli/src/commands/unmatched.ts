/** `paylog unmatched`: money that no invoice has. */
import { isUndecided, type Proposal } from "@paylog/domain/Proposal"
import * as Unmatched from "@paylog/domain/Unmatched"
import * as Proposals from "@paylog/payments/Proposals"
import * as UnmatchedMoney from "@paylog/payments/UnmatchedMoney"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { acting, invoice, json, order, payment, streamOf, which, who } from "../acting.ts"
import * as dismissing from "../dismissing.ts"
import * as money from "../money.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"
import * as proposing from "../proposing.ts"
import * as refunding from "../refunding.ts"

const list = Command.make("list", { json }, ({ json }) =>
  openItems.show(["Unmatched", "Contradiction"], "unmatched-", json),
).pipe(Command.withDescription("List money that no invoice has, the oldest first"))

const show = Command.make("show", { ...order, json }, ({ json, ...given }) =>
  Effect.gen(function* () {
    const stream = streamOf(given)
    const { payments, proposals } = yield* acting(
      Effect.gen(function* () {
        const state = yield* UnmatchedMoney.get(stream)
        return state.payments.length === 0 ? yield* new Unmatched.UnmatchedNotFound({ payment: 1 }) : state
      }),
    )
    if (json) return yield* print.json({ stream, payments: payments.map(money.paymentJson), proposals })
    yield* Console.log(`${stream}\n`)
    yield* money.table(payments)
    for (const proposal of proposals) {
      const { proposalId, what } = proposal
      yield* Console.log(
        `\nProposal ${proposalId}: payment ${what.payment} is for ${what.invoiceId}${became(proposal)}`,
      )
    }
  }),
).pipe(Command.withDescription("Show the payments of one order, and what became of each"))

const became = (proposal: Proposal<unknown>): string => {
  if (isUndecided(proposal)) return `; "paylog correct show ${proposal.proposalId}" has its text`
  return proposal.approvedBy === undefined ? ", declined" : ", approved"
}

const assign = Command.make(
  "assign",
  { ...order, invoice, payment, ...who, ...proposing.flags, json },
  ({ by, reason, json, invoice, payment, ...given }) =>
    Effect.gen(function* () {
      const stream = streamOf(given)
      const proposal = yield* proposing.propose(given, (options) =>
        Effect.flatMap(which(stream, payment), (payment) =>
          Proposals.proposeAssignment(stream, { payment, invoiceId: invoice }, { by, reason }, options),
        ),
      )
      yield* proposing.print(proposal, json)
    }),
).pipe(
  Command.withDescription(
    'Propose that the money is an invoice\'s: another person approves it, with "paylog correct approve"',
  ),
)

const refund = Command.make(
  "refund",
  { ...order, payment, ...refunding.flags, ...who, json },
  ({ by, reason, json, ...given }) => refunding.request(streamOf(given), given, { by, reason }, json),
).pipe(Command.withDescription("Ask for the money to go back to its payer: another person makes it and records it"))

const dismiss = Command.make(
  "dismiss",
  { ...order, payment, ...who, json },
  ({ by, reason, json, payment, ...given }) => dismissing.dismiss(streamOf(given), payment, { by, reason }, json),
).pipe(
  Command.withDescription("Say of a statement that it is no money: another one of its order is, or it is of nothing"),
)

export const unmatched = Command.make("unmatched").pipe(
  Command.withDescription("Money that no invoice has"),
  Command.withSubcommands([list, show, assign, refund, dismiss]),
)
