/** `paylog held`: invoices' money that somebody must decide on. */
import * as Invoice from "@paylog/domain/Invoice"
import { InvoiceNotFound } from "@paylog/domain/InvoiceDecisions"
import * as Obligations from "@paylog/domain/Obligations"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Invoices from "@paylog/payments/Invoices"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { acting, invoice, json, payment, which, who } from "../acting.ts"
import * as dismissing from "../dismissing.ts"
import * as money from "../money.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"

const list = Command.make("list", { json }, ({ json }) =>
  openItems.show(["Held", "Contradiction"], "invoice-", json),
).pipe(Command.withDescription("List held money and contradictory statements, the oldest first"))

const show = Command.make("show", { invoice, json }, ({ invoice, json }) =>
  Effect.gen(function* () {
    const state = yield* acting(
      Effect.gen(function* () {
        const state = yield* Invoices.get(invoice)
        return state._tag === "Absent" ? yield* new InvoiceNotFound() : state
      }),
    )
    const { terms, payments, _tag: status } = state
    const obligations = Obligations.of(state)
    if (json)
      return yield* print.json({
        invoiceId: invoice,
        status,
        amount: money.json(terms.amount),
        payBy: terms.payBy,
        payments: payments.map(money.paymentJson),
        obligations: obligations.map((one) => ("amount" in one ? { ...one, amount: money.json(one.amount) } : one)),
      })
    yield* Console.log(`${invoice} of ${money.words(terms.amount)} is ${status}\n`)
    yield* money.table(payments)
  }),
).pipe(Command.withDescription("Show an invoice's payments, and what became of each"))

const accept = Command.make("accept", { invoice, payment, ...who, json }, ({ invoice, payment, json, ...who }) =>
  Effect.gen(function* () {
    const accepted = yield* acting(
      Effect.gen(function* () {
        const number = yield* which(Invoice.stream(invoice), payment)
        return { payment: number, isNew: yield* HeldMoney.accept(invoice, number, who) }
      }),
    )
    if (json) return yield* print.json({ invoiceId: invoice, ...accepted })
    yield* Console.log(`Payment ${accepted.payment} pays ${invoice}${accepted.isNew ? "" : ", as before"}`)
  }),
).pipe(
  Command.withDescription("Take held money as the invoice's payment, whatever it was held for"),
  Command.withExamples([
    {
      command: 'paylog held accept inv_4f0c… --by stf_9a1b… --reason "two cents short"',
      description: "The first payment pays the invoice",
    },
  ]),
)

const dismiss = Command.make("dismiss", { invoice, payment, ...who, json }, ({ invoice, payment, json, ...who }) =>
  dismissing.dismiss(Invoice.stream(invoice), payment, who, json),
).pipe(
  Command.withDescription("Say of a statement that it is no money: another one of its order is, or it is of nothing"),
)

export const held = Command.make("held").pipe(
  Command.withDescription("Invoices' money that somebody must decide on"),
  Command.withSubcommands([list, show, accept, dismiss]),
)
