/** `paylog correct`: what one person proposes and another approves, once they have read it. */
import type { Correction } from "@paylog/domain/Correction"
import * as Invoice from "@paylog/domain/Invoice"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { Digest } from "@paylog/domain/Text"
import * as Proposals from "@paylog/payments/Proposals"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { acting, asked, invoice, json, payment, which, who } from "../acting.ts"
import { usage } from "../Ended.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"
import * as proposing from "../proposing.ts"

const list = Command.make("list", { json }, ({ json }) => openItems.show(["Proposal"], "", json)).pipe(
  Command.withDescription("List the proposals that can be approved, the oldest first"),
)

const what = Argument.Literals("what", ["hold", "release", "void-refund"]).pipe(
  Argument.withDescription(
    "hold: the payment does not pay after all. release: it is not this invoice's. void-refund: a recorded refund came back",
  ),
)

const propose = Command.make(
  "propose",
  {
    what,
    invoice,
    payment,
    refund: Flag.String("refund").pipe(
      Flag.withSchema(RefundId),
      Flag.withDescription("The refund that came back, or never went"),
      Flag.optional,
    ),
    ...who,
    ...proposing.flags,
    json,
  },
  ({ by, reason, json, invoice, ...given }) =>
    Effect.gen(function* () {
      const proposal = yield* proposing.propose(given, (options) =>
        Effect.flatMap(correctionOf(invoice, given), (correction) =>
          Proposals.proposeCorrection(invoice, correction, { by, reason }, options),
        ),
      )
      yield* proposing.print(proposal, json)
    }),
).pipe(
  Command.withDescription("Propose a correction of an invoice"),
  Command.withExamples([
    {
      command: 'paylog correct propose release inv_4f0c… --by stf_9a1b… --reason "paid for another invoice"',
      description: "The payment is to be unmatched money, once another person approves",
    },
  ]),
)

interface Given {
  readonly what: "hold" | "release" | "void-refund"
  readonly payment: Option.Option<number>
  readonly refund: Option.Option<RefundId>
}

const correctionOf = Effect.fnUntraced(function* (invoiceId: Invoice.InvoiceId, { what, payment, refund }: Given) {
  switch (what) {
    case "hold":
      return { _tag: "HoldPayment", payment: yield* which(Invoice.stream(invoiceId), payment) } satisfies Correction
    case "release":
      return { _tag: "ReleasePayment", payment: yield* which(Invoice.stream(invoiceId), payment) } satisfies Correction
    case "void-refund":
      if (Option.isNone(refund)) return yield* usage("void-refund needs --refund rfd_…")
      return { _tag: "VoidRefund", refundId: refund.value } satisfies Correction
  }
})

const proposal_ = Argument.String("proposal").pipe(
  Argument.withSchema(ProposalId),
  Argument.withDescription("pro_…, of a correction or of an assignment of unmatched money"),
)

const show = Command.make("show", { proposal: proposal_, json }, ({ proposal, json }) =>
  Effect.gen(function* () {
    const found = yield* acting(
      Effect.gen(function* () {
        const { stream } = yield* asked(proposal)
        return yield* Proposals.show(stream, proposal)
      }),
    )
    yield* proposing.print(found, json)
  }),
).pipe(Command.withDescription("Show what was proposed, to the letter, and the digest that an approval names"))

const approve = Command.make(
  "approve",
  {
    proposal: proposal_,
    digest: Flag.String("digest").pipe(
      Flag.withSchema(Digest),
      Flag.withDescription("Of the text that you have read, as `paylog correct show` prints it"),
    ),
    ...who,
    json,
  },
  ({ proposal, digest, by, reason, json }) =>
    Effect.gen(function* () {
      const isNew = yield* acting(
        Effect.gen(function* () {
          const { stream } = yield* asked(proposal)
          return yield* Proposals.approve(stream, { proposalId: proposal, digest }, { by, reason })
        }),
      )
      if (json) return yield* print.json({ proposalId: proposal, isNew })
      yield* Console.log(`${proposal} is approved and carried out${isNew ? "" : ", as before"}`)
    }),
).pipe(Command.withDescription("Carry out what another person proposed"))

const decline = Command.make("decline", { proposal: proposal_, ...who, json }, ({ proposal, by, reason, json }) =>
  Effect.gen(function* () {
    const isNew = yield* acting(
      Effect.gen(function* () {
        const { stream } = yield* asked(proposal)
        return yield* Proposals.decline(stream, proposal, { by, reason })
      }),
    )
    if (json) return yield* print.json({ proposalId: proposal, isNew })
    yield* Console.log(`${proposal} is declined${isNew ? "" : ", as before"}: nobody can approve it any more`)
  }),
).pipe(Command.withDescription("End a proposal: another person refuses it, or whoever proposed it takes it back"))

export const correct = Command.make("correct").pipe(
  Command.withDescription("Corrections and assignments: one person proposes, another approves"),
  Command.withSubcommands([list, propose, show, approve, decline]),
)
