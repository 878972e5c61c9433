/** `paylog ledger`: the trial balance, and whether all is zero that must be. */
import * as Money from "@paylog/domain/Money"
import * as Database from "@paylog/event-store/environment"
import * as Exact from "@paylog/payments/Exact"
import * as TrialBalance from "@paylog/payments/TrialBalance"
import { Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { busy, different } from "../Ended.ts"
import * as print from "../print.ts"
import * as services from "../services.ts"

const Position = Schema.String.pipe(
  Schema.decodeTo(Schema.BigIntFromString.check(Schema.isGreaterThanOrEqualToBigInt(0n))),
)

const flags = {
  at: Flag.String("at").pipe(
    Flag.withSchema(Position),
    Flag.withDescription("As of this position of the log. Default: as far as the ledger has come"),
    Flag.optional,
  ),
  currency: Flag.String("currency").pipe(Flag.withDescription("Accounts of this currency alone"), Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
}

export const ledger = Command.make("ledger", flags, ({ at, currency: only, json }) =>
  Effect.gen(function* () {
    const { url, pooler = false } = yield* Database.environment
    const trial = yield* TrialBalance.read(Option.getOrUndefined(at)).pipe(
      Effect.catchTag("LedgerBehind", ({ message }) => Effect.fail(busy(message))),
      Effect.provide(services.store({ url, pooler }, 2)),
    )
    const wrong = problems(trial)
    const books = booksOf(trial.balances).filter(({ currency }) => Option.isNone(only) || only.value === currency)
    if (json) yield* print.json({ ...trial, balances: undefined, currencies: books, problems: wrong })
    else yield* show(trial, books)
    if (wrong.length > 0) return yield* different(wrong.join("\n"))
  }),
).pipe(
  Command.withDescription("Show the balance of every account, check that each currency is zero, and list alarms"),
  Command.withExamples([
    { command: "paylog ledger", description: "As of now" },
    { command: "paylog ledger --at 120000 --currency TON", description: "One currency, as it was at a position" },
  ]),
)

interface Book {
  readonly currency: string
  readonly accounts: ReadonlyArray<TrialBalance.Balance>
  /** Of all accounts, as decimal text: zero. */
  readonly sum: string
  readonly isZero: boolean
}

const booksOf = (balances: ReadonlyArray<TrialBalance.Balance>): ReadonlyArray<Book> =>
  [...new Set(balances.map(({ currency }) => currency))].map((currency) => {
    const accounts = balances.filter((one) => one.currency === currency)
    const sum = total(currency, accounts)
    return { currency, accounts, sum: Money.format(sum), isZero: sum.minor === 0n }
  })

const total = (currency: string, accounts: ReadonlyArray<TrialBalance.Balance>) =>
  Exact.sum(
    currency,
    accounts.map(({ balance }) => Exact.parse(currency, balance)),
  )

/** What must not be, a line each; none when the books are in order. */
const problems = (trial: TrialBalance.TrialBalance): ReadonlyArray<string> => [
  ...booksOf(trial.balances)
    .filter(({ isZero }) => !isZero)
    .map(({ currency, sum }) => `${currency} is not zero: it sums to ${sum}`),
  ...trial.balances
    .filter(
      ({ account, currency, balance }) => account === "Unexplained" && Exact.parse(currency, balance).minor !== 0n,
    )
    .map(({ currency, balance }) => `Unexplained is not zero: ${balance} ${currency}`),
  ...trial.unbalanced.map(
    ({ position, currency, sum }) => `The event at position ${position} is not zero: ${sum} ${currency}`,
  ),
  ...trial.alarms.map(
    ({ alarm, stream, orderId, position }) =>
      `${alarm}: order ${print.plain(orderId)} in ${print.plain(stream)}, since position ${position}`,
  ),
  ...trial.parked.map((stream) => `The ledger lacks ${print.plain(stream)}, which is parked: see "paylog followers"`),
]

const show = Effect.fnUntraced(function* (trial: TrialBalance.TrialBalance, books: ReadonlyArray<Book>) {
  const { position, reached, head } = trial
  yield* print.line(`The ledger at position ${print.number(position)}${books.length === 0 ? ": no entries" : ""}`)
  if (reached < head)
    yield* print.line(`It has come to position ${print.number(reached)} of the log's ${print.number(head)}`)
  for (const { currency, accounts: all, sum, isZero } of books) {
    const accounts = all.filter(({ balance }) => Exact.parse(currency, balance).minor !== 0n)
    const [debit, credit] = [accounts.filter(isDebit), accounts.filter((one) => !isDebit(one))]
    const of = (some: typeof accounts) => Money.format(total(currency, some)).replace("-", "")
    const rows = [
      ...accounts.map((one) =>
        isDebit(one) ? [one.account, one.balance, ""] : [one.account, "", one.balance.replace("-", "")],
      ),
      [isZero ? "Sum: zero" : `Sum: ${sum}, NOT ZERO`, of(debit), of(credit)],
    ]
    yield* print.line("")
    yield* print.table([currency, "DEBIT", "CREDIT"], rows, { right: [1, 2] })
  }
})

const isDebit = ({ balance }: TrialBalance.Balance): boolean => !balance.startsWith("-")
