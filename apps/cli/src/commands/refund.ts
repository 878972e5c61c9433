/** `paylog refund`: money that goes back to whoever paid it. One person asks for it, another makes it and records it. */
import * as Invoice from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import { RefundId } from "@paylog/domain/Refund"
import { Digest } from "@paylog/domain/Text"
import * as Refunds from "@paylog/payments/Refunds"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { acting, asked, invoice, json, payment, readMoney, who, Words } from "../acting.ts"
import { Moment } from "../Moment.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"
import * as refunding from "../refunding.ts"

const list = Command.make("list", { json }, ({ json }) => openItems.show(["Refund"], "", json)).pipe(
  Command.withDescription("List the refunds that were asked for and are not made, the oldest first"),
)

const request = Command.make(
  "request",
  { invoice, payment, ...refunding.flags, ...who, json },
  ({ invoice, by, reason, json, ...given }) => refunding.request(Invoice.stream(invoice), given, { by, reason }, json),
).pipe(Command.withDescription("Ask for an invoice's money to go back, all of it or a part"))

const refund_ = Argument.String("refund").pipe(
  Argument.withSchema(RefundId),
  Argument.withDescription("rfd_…, of an invoice or of unmatched money"),
)

const take = Command.make("take", { refund: refund_, ...who, json }, ({ refund, by, reason, json }) =>
  Effect.gen(function* () {
    const isNew = yield* acting(
      Effect.gen(function* () {
        const { stream } = yield* asked(refund)
        return yield* Refunds.take(stream, refund, { by, reason })
      }),
    )
    if (json) return yield* print.json({ refundId: refund, isNew })
    yield* Console.log(`${refund} is yours to send${isNew ? "" : ", as before"}: nobody else sends it or withdraws it`)
    yield* Console.error(
      `Once it is sent:\n  paylog refund record ${refund} --sent "…" --way "…" --reference "…" --by ${by} --reason "…"\nShould you not send it:\n  paylog refund drop ${refund} --by ${by} --reason "…"`,
    )
  }),
).pipe(Command.withDescription("Take a refund before you send it, so that nobody else sends it too"))

const takenBy = Flag.String("taken-by").pipe(
  Flag.withSchema(StaffId),
  Flag.withDescription(
    "Who has taken it, when that is somebody else who cannot say so: make sure that no money has left. Default: whoever --by names",
  ),
  Flag.optional,
)

const drop = Command.make("drop", { refund: refund_, takenBy, ...who, json }, ({ refund, takenBy, by, reason, json }) =>
  Effect.gen(function* () {
    const isNew = yield* acting(
      Effect.gen(function* () {
        const { stream } = yield* asked(refund)
        return yield* Refunds.drop(
          stream,
          refund,
          Option.getOrElse(takenBy, () => by),
          { by, reason },
        )
      }),
    )
    if (json) return yield* print.json({ refundId: refund, isNew })
    yield* Console.log(
      `${refund} was not sent${isNew ? "" : ", as before"}: another person can take it, or it is withdrawn`,
    )
  }),
).pipe(Command.withDescription("Say that a refund that was taken was not sent, and will not be"))

const evidence = {
  sent: Flag.String("sent").pipe(Flag.withDescription('What was sent: "12.50 USDT"')),
  sentAt: Flag.String("sent-at").pipe(
    Flag.withSchema(Moment),
    Flag.withDescription("When it was sent: 2026-03-01T12:00:00Z. Default: now"),
    Flag.optional,
  ),
  way: Flag.String("way").pipe(
    Flag.withSchema(Words),
    Flag.withDescription('How it was sent: "transfer in Wallet", "bank transfer"'),
  ),
  reference: Flag.String("reference").pipe(
    Flag.withSchema(Words),
    Flag.withDescription("The transfer's own id: no name, no account"),
  ),
  document: Flag.String("document").pipe(
    Flag.withSchema(Digest),
    Flag.withDescription("SHA-256, hex, of a document that is kept elsewhere"),
    Flag.optional,
  ),
}

const record = Command.make(
  "record",
  { refund: refund_, ...evidence, ...who, json },
  ({ refund, by, reason, json, sent, sentAt, way, reference, document }) =>
    Effect.gen(function* () {
      const amount = yield* readMoney(sent)
      const at = Option.match(sentAt, { onNone: () => ({}), onSome: (sentAt) => ({ sentAt }) })
      const kept = Option.match(document, { onNone: () => ({}), onSome: (document) => ({ document }) })
      const isNew = yield* acting(
        Effect.gen(function* () {
          const { stream } = yield* asked(refund)
          return yield* Refunds.record(stream, refund, { sent: amount, ...at, way, reference, ...kept }, { by, reason })
        }),
      )
      if (json) return yield* print.json({ refundId: refund, isNew })
      yield* Console.log(`${refund} is made${isNew ? "" : ", as before"}`)
    }),
).pipe(
  Command.withDescription("Record that a refund was made: another person than the one who asked for it"),
  Command.withExamples([
    {
      command:
        'paylog refund record rfd_7c2d… --sent "12.50 USDT" --way "transfer in Wallet" --reference T-81 --by stf_9a1b… --reason "order cancelled"',
      description: "With what was sent, how, and how it can be found again",
    },
  ]),
)

const withdraw = Command.make("withdraw", { refund: refund_, ...who, json }, ({ refund, by, reason, json }) =>
  Effect.gen(function* () {
    const isNew = yield* acting(
      Effect.gen(function* () {
        const { stream } = yield* asked(refund)
        return yield* Refunds.withdraw(stream, refund, { by, reason })
      }),
    )
    if (json) return yield* print.json({ refundId: refund, isNew })
    yield* Console.log(`${refund} is withdrawn${isNew ? "" : ", as before"}: the money is as it was`)
  }),
).pipe(Command.withDescription("Withdraw a refund that nobody sends"))

export const refund = Command.make("refund").pipe(
  Command.withDescription("Money that goes back to whoever paid it"),
  Command.withSubcommands([list, request, take, drop, record, withdraw]),
)
