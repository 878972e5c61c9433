/** What two histories of one invoice have in common, and all histories up to a length. */
import { Result } from "effect"
import * as Invoice from "../src/Invoice.ts"
import * as Money from "../src/Money.ts"
import { at, cancel, clock, closed, type Decide, opened, pay, refused, request, ton, unknown, usd } from "./fixtures.ts"

const words = (stated: Money.Stated): string =>
  `${Money.isMoney(stated) ? Money.format(stated) : stated.unread} ${stated.currency}`

const statement = ({ received }: Invoice.Payment): string =>
  [received.orderId, ...[received.orderAmount, received.gross, received.fee, received.net].map(words)].join(" ")

/**
 * What law 2 holds fixed: the status, each payment that was stated, and what is owed on it. Of several payments that
 * would each pay the invoice, which one did is left out: a paid invoice stays paid, so it is the first one heard.
 */
export const view = (state: Invoice.Invoice): string => {
  if (state._tag === "Absent") return "Absent"
  const money = state.payments.map(statement).toSorted()
  const obligations = state.payments
    .map((payment) => {
      switch (payment.disposition) {
        case "Paid":
        case "Surplus":
        case "Restated":
          return payment.disposition
        default:
          return `${payment.disposition} ${statement(payment)}`
      }
    })
    .toSorted()
  return JSON.stringify({ status: state._tag, money, obligations })
}

/**
 * The nine observations. The payment in time is completed after all that was known before the provider's answer, the
 * customer cancels a moment later, and all but the last tell of one order.
 */
export const alphabet = {
  opened,
  paidInTime: pay({ completedAt: at(31.5) }),
  paidLate: pay({ completedAt: at(45) }),
  paidWrongAmount: pay({ orderAmount: usd(999n) }),
  paidWrongCurrency: pay({ orderAmount: Money.of("EUR", 1000n) }),
  paidUnknownCurrency: pay({ gross: { currency: "GRAM", unread: "7.0000000001" } }),
  expired: closed("Expired"),
  providerCancelled: closed("Cancelled"),
  secondOrderPaid: pay({
    orderId: "10030467668508674",
    gross: ton(7_100_000_000n),
    fee: ton(71_000_000n),
    net: ton(7_029_000_000n),
    completedAt: at(31.25),
  }),
} satisfies Record<string, Invoice.InvoiceCommand>

/** The commands that one history may have among its observations. */
export const commands = {
  cancel: { ...cancel, at: at(31.75) },
  clock,
  unknown,
  refused,
  requestAgain: request,
  requestOther: { ...request, externalId: "inv_00000000000000000002" },
} satisfies Record<string, Invoice.InvoiceCommand>

/** A state that some history leads to. Equal states are one place, so each step from it is decided once. */
interface Place {
  readonly state: Invoice.Invoice
  readonly view: string
  readonly steps: Map<Invoice.InvoiceCommand, Step>
}

interface Step {
  readonly to: Place
  /** The names of the events; "" when the command recorded nothing. */
  readonly recorded: string
}

const mapOf = (decide: Decide) => {
  const places = new Map<string, Place>()

  const place = (state: Invoice.Invoice): Place => {
    const key = JSON.stringify(state, (_, value) => (typeof value === "bigint" ? `${value}n` : value))
    const known = places.get(key) ?? { state, view: view(state), steps: new Map() }
    places.set(key, known)
    return known
  }

  const step = (from: Place, command: Invoice.InvoiceCommand): Step => {
    const known = from.steps.get(command)
    if (known !== undefined) return known
    const events = Result.getOrElse(decide(from.state, command), () => [])
    const taken = { to: place(Invoice.fold(events, from.state)), recorded: events.map(({ _tag }) => _tag).join() }
    from.steps.set(command, taken)
    return taken
  }

  return { place, step }
}

export interface Checked {
  readonly histories: number
  /** The first two histories that the law says end alike and that do not. */
  readonly broken: string | undefined
}

/**
 * Every history of at most `longest` observations from the alphabet, in each order and with repetitions, and with
 * `command`, when one is given, at each place. Those of the same observations, in which the command recorded the same,
 * must have the same view.
 */
export const checkAll = (
  before: ReadonlyArray<Invoice.InvoiceEvent>,
  longest: number,
  command?: Invoice.InvoiceCommand,
  decide: Decide = Invoice.decide,
): Checked => {
  const { place, step } = mapOf(decide)
  const letters = Object.entries(alphabet)
  const path: Array<string> = []
  const ends = new Map<string, { readonly view: string; readonly path: string }>()
  let histories = 0
  let broken: string | undefined

  const compare = (end: Place, heard: number, recorded: string) => {
    histories++
    const key = `${heard} ${recorded}`
    const other = ends.get(key)
    if (other === undefined) ends.set(key, { view: end.view, path: path.join(", ") })
    else if (other.view !== end.view)
      broken ??= `${path.join(", ")} ends as ${end.view}\nbut ${other.path} as ${other.view}`
  }

  /** `recorded` by the command, or `undefined` while it is to come. `heard` has one bit for each letter. */
  const walk = (from: Place, heard: number, recorded: string | undefined, left: number) => {
    if (recorded !== undefined) compare(from, heard, recorded)
    else if (command !== undefined) {
      const taken = step(from, command)
      path.push(`<${command._tag}>`)
      walk(taken.to, heard, taken.recorded, left)
      path.pop()
    }
    if (left === 0) return
    for (const [bit, [name, observation]] of letters.entries()) {
      path.push(name)
      walk(step(from, observation).to, heard | (1 << bit), recorded, left - 1)
      path.pop()
    }
  }

  walk(place(Invoice.fold(before)), 0, command === undefined ? "" : undefined, longest)
  return { histories, broken }
}
