/**
 * Double entry: what an event moves between accounts, by currency. Pure; for the ledger's read model and for auditors.
 *
 * A history's balances follow from its state (`balances`), and an event posts the difference that it makes (`postings`): so
 * the sum of all postings is the balances, whatever happened. Debits are positive, credits negative, and each currency sums
 * to zero.
 */
import { Schema } from "effect"
import { type Existing, evolve, feeRule, type Invoice, type InvoiceEvent, pays } from "./Invoice.ts"
import * as Money from "./Money.ts"
import { counts, type PaymentReceived } from "./Payment.ts"
import * as Refund from "./Refund.ts"
import * as Unmatched from "./Unmatched.ts"

export type Account =
  | "Clearing" // what customers' invoices were settled with, in the invoice's currency: credit
  | "Provider" // what the provider holds for us, or paid out: net in, refunds out
  | "Fees" // what the provider kept
  | "Exchange" // the other side of what was settled: the payment's currency against the invoice's
  | "Held" // payments that somebody must decide on: credit
  | "Unmatched" // money that no invoice has: credit
  | "Refunds" // asked for and not yet sent: credit
  | "Unexplained" // gross that is not fee and net; zero unless `MoneyNotConserved`

/** An amount that is posted to an account: debit when positive, credit when negative, never zero. */
export interface Posting {
  readonly account: Account
  readonly amount: Money.Money
}

/** A payment that counts and whose parts are not the whole, in one currency. It is posted, and the gap stands in `Unexplained`. */
export class MoneyNotConserved extends Schema.TaggedError<MoneyNotConserved>()("MoneyNotConserved", {
  provider: Schema.String,
  orderId: Schema.String,
}) {
  override readonly message = `Gross is not fee and net in the payment of order ${this.orderId}`
}

/** A payment that counts and has an amount that nobody can read: it is held, and no account has it. Over once all of it went back. */
export class MoneyUnread extends Schema.TaggedError<MoneyUnread>()("MoneyUnread", {
  provider: Schema.String,
  orderId: Schema.String,
}) {
  override readonly message = `An amount in the payment of order ${this.orderId} cannot be read`
}

export type Alarm = MoneyNotConserved | MoneyUnread

// -- What an event posts.

/** What an event of an invoice posts, given the state before it. */
export const postings = (before: Invoice, event: InvoiceEvent): ReadonlyArray<Posting> =>
  difference(balances(before), balances(evolve(before, event)))

/** The same for unmatched money. */
export const postingsUnmatched = (
  before: Unmatched.Unmatched,
  event: Unmatched.UnmatchedEvent,
): ReadonlyArray<Posting> => difference(balancesUnmatched(before), balancesUnmatched(Unmatched.evolve(before, event)))

/** What is posted between two balances, of whatever kind. */
export const difference = (before: ReadonlyArray<Posting>, after: ReadonlyArray<Posting>): ReadonlyArray<Posting> =>
  sum([...after, ...before.map(({ account, amount }) => ({ account, amount: Money.times(amount, -1n) }))])

/** One posting for each account and currency, in the order in which they come up; none of zero. */
export const sum = (postings: Iterable<Posting>): ReadonlyArray<Posting> => {
  const totals = new Map<string, Posting>()
  for (const { account, amount } of postings) {
    const key = `${account} ${amount.currency}`
    const known = totals.get(key)
    totals.set(key, { account, amount: (known && Money.add(known.amount, amount)) ?? amount })
  }
  return [...totals.values()].filter(({ amount }) => amount.minor !== 0n)
}

// -- The balances of one history.

export const balances = (state: Invoice): ReadonlyArray<Posting> => {
  if (state._tag === "Absent") return []
  return sum(
    money(state).flatMap((payment) => {
      const { received, disposition } = payment
      if (disposition === "Released" || !isRead(received)) return []
      const fee = feeRule(state)
      if (!pays(state, payment)) return entries({ ...payment, received }, fee, "Held")
      const { amount } = state.terms
      return [
        ...entries({ ...payment, received }, fee, "Exchange"),
        { account: "Exchange", amount } as const,
        { account: "Clearing", amount: Money.times(amount, -1n) } as const,
      ]
    }),
  )
}

export const balancesUnmatched = (state: Unmatched.Unmatched): ReadonlyArray<Posting> =>
  sum(
    state.payments.flatMap((payment, place) => {
      const { received, disposition } = payment
      if (!Unmatched.counts(state, place) || disposition === "Assigned" || !isRead(received)) return []
      return entries({ ...payment, received }, Unmatched.feeRule, "Unmatched")
    }),
  )

/** What is wrong with the payments of an invoice that count and are still here. */
export const alarms = (state: Invoice): ReadonlyArray<Alarm> =>
  state._tag === "Absent"
    ? []
    : money(state).flatMap((payment) => (payment.disposition === "Released" ? [] : alarmOf(payment, feeRule(state))))

/** The same for unmatched money. */
export const alarmsUnmatched = (state: Unmatched.Unmatched): ReadonlyArray<Alarm> =>
  state.payments.flatMap((payment, place) =>
    Unmatched.counts(state, place) && payment.disposition !== "Assigned" ? alarmOf(payment, Unmatched.feeRule) : [],
  )

const money = ({ payments }: Existing) => payments.filter((_, place) => counts(payments, place))

const alarmOf = (
  payment: Refund.Refundable & { readonly received: PaymentReceived },
  fee: Refund.RefundRule["fee"],
): ReadonlyArray<Alarm> => {
  const { received, refunds } = payment
  const { provider, orderId } = received
  if (isRead(received)) return gaps(received).length === 0 ? [] : [new MoneyNotConserved({ provider, orderId })]
  const isGone = Refund.isReturned(payment, fee) && refunds.every(({ progress }) => progress !== "Requested")
  return isGone ? [] : [new MoneyUnread({ provider, orderId })]
}

/** A payment's parts as money: an amount that nobody can read has no number to post. */
interface Read {
  readonly gross: Money.Money
  readonly fee: Money.Money
  readonly net: Money.Money
}

const isRead = (received: PaymentReceived): received is PaymentReceived & Read =>
  [received.gross, received.fee, received.net].every(Money.isMoney)

/** What is missing between gross on one side, fee and net on the other. */
const gaps = ({ gross, fee, net }: Read): ReadonlyArray<Posting> =>
  sum(
    [gross, Money.times(fee, -1n), Money.times(net, -1n)].map(
      (amount) => ({ account: "Unexplained", amount }) as const,
    ),
  )

/**
 * Both sides of one payment: what the provider has and kept, against where the money stands. What does not go back stands in
 * `rest`; when all that can go back does, the customer has borne what is left.
 */
const entries = (
  payment: Refund.Refundable & { readonly received: PaymentReceived & Read },
  fee: Refund.RefundRule["fee"],
  rest: Account,
): ReadonlyArray<Posting> => {
  const { received, refunds } = payment
  const back = refunds
    .filter(Refund.isLive)
    .flatMap(({ amount, progress }) => (Money.isMoney(amount) ? [{ amount, progress }] : []))
  const minus = (amount: Money.Money) => Money.times(amount, -1n)
  return [
    { account: "Provider", amount: received.net },
    { account: "Fees", amount: received.fee },
    ...gaps(received),
    { account: Refund.isReturned(payment, fee) ? "Fees" : rest, amount: minus(received.gross) },
    ...back.flatMap(({ amount, progress }): ReadonlyArray<Posting> => [
      { account: Refund.isReturned(payment, fee) ? "Fees" : rest, amount },
      { account: progress === "Recorded" ? "Provider" : "Refunds", amount: minus(amount) },
    ]),
  ]
}
