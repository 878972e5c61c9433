/** Laws about what is delivered: another fact than what is paid. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as Fulfilment from "../src/Fulfilment.ts"
import * as Invoice from "../src/Invoice.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Obligations from "../src/Obligations.ts"
import * as faults from "./faults.ts"
import {
  acceptHeld,
  ann,
  type AnyCommand,
  at,
  type Decide,
  eventsOf,
  fulfilByHand,
  fulfilled,
  given,
  issue,
  opened,
  pay,
  recordRefund,
  request,
  requestRefund,
  retryFulfilment,
  ton,
  unfulfilled,
  usd,
} from "./fixtures.ts"
import { history, law, oneOf } from "./laws.ts"

const lived = (commands: ReadonlyArray<AnyCommand>, decide: Decide) =>
  eventsOf([issue, request, opened, ...commands], decide)

law("12. an invoice is delivered at most once, never before money is applied to it, and fails only before that", {
  of: history,
  holds: (decide, commands) => {
    let [paid, delivered] = [false, false]
    for (const { _tag } of lived(commands, decide)) {
      if (_tag === "InvoicePaid" || _tag === "HeldPaymentAccepted") paid = true
      if (_tag !== "InvoiceFulfilled" && _tag !== "FulfilmentFailed" && _tag !== "FulfilmentRetried") continue
      if (!paid) return "nothing was paid"
      if (delivered) return "it was delivered before"
      if (_tag === "InvoiceFulfilled") delivered = true
    }
    return undefined
  },
  not: { fulfilsAgain: faults.fulfilsAgain, fulfilsUnpaid: faults.fulfilsUnpaid },
})

/** What of `commands` is about money, or about what delivers it. */
const aboutMoney = (commands: ReadonlyArray<AnyCommand>) =>
  commands.filter(({ _tag }) => !["RecordFulfilled", "RecordFulfilmentFailed", ...byPeople].includes(_tag))
const byPeople = ["FulfilByHand", "RetryFulfilment"]

law("13. what is delivered changes neither the status nor the money, and nothing that can be done with it", {
  of: history,
  holds: (decide, commands) => {
    const [state, without] = [commands, aboutMoney(commands)].map((all) => Invoice.fold(lived(all, decide)))
    if (state === undefined || without === undefined || state._tag === "Absent" || without._tag === "Absent")
      return "there is no invoice"
    const money = ({ _tag, payments }: Invoice.Existing) => JSON.stringify([_tag, payments], texts)
    return money(state) === money(without) ? undefined : `${money(state)} and ${money(without)}`
  },
  not: { keepsMoneyOfDelivered: faults.keepsMoneyOfDelivered },
})

const texts = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value)

/** What `history` gives back as a whole. */
const wholePay = pay({ gross: ton(700n), fee: ton(7n), net: ton(693n) })

law("14. a delivery that is told of after the invoice was paid is recorded, whatever became of the money", {
  of: Arbitrary.all({ before: history, command: oneOf<AnyCommand>(fulfilled, fulfilByHand) }),
  holds: (decide, { before, command }) => {
    const state = Invoice.fold(lived([wholePay, ...before], decide))
    if (state._tag === "Absent" || !state.wasPaid) return "it was not paid"
    const after = Result.map(decide(state, command), (events) => Invoice.fold(events, state))
    if (Result.isFailure(after) || after.success._tag === "Absent") return "it was rejected"
    if (Fulfilment.fulfilledOf(after.success) === undefined) return "it is not known"
    return after.success._tag === state._tag ? undefined : "the status changed"
  },
  not: { forgetsLateDeliveries: faults.forgetsLateDeliveries },
})

const paid = [issue, request, opened, pay()]
const { reference, at: fulfilledAt } = fulfilled
const delivered = { _tag: "InvoiceFulfilled", reference, fulfilledAt }

describe("what was paid for", () => {
  it("is delivered once, and by nobody a second time", () => {
    assert.deepStrictEqual<unknown>(given(...paid).when(fulfilled), [delivered])
    assert.deepStrictEqual(given(...paid, fulfilled).when({ ...fulfilled, reference: "message-2" }), [])
    assert.deepStrictEqual(given(...paid, fulfilled).when(fulfilByHand), [])
    assert.deepStrictEqual(given(...paid, fulfilled).when(unfulfilled), [])
  })

  it("is not delivered for held money, and is once a person has accepted it", () => {
    const held = [issue, request, opened, pay({ orderAmount: usd(999n) })]
    assert.strictEqual(given(...held).when(fulfilled), "NotPaid")
    assert.deepStrictEqual<unknown>(given(...held, acceptHeld()).when(fulfilled), [delivered])
  })

  it("can still be given back when it is delivered, and can be delivered when it is on its way back", () => {
    const refunded = Invoice.fold(eventsOf([...paid, fulfilled, requestRefund(), recordRefund()]))
    assert.strictEqual(refunded._tag, "Refunded")
    assert.isDefined(refunded._tag === "Absent" ? undefined : Fulfilment.fulfilledOf(refunded))
    assert.deepStrictEqual<unknown>(given(...paid, requestRefund()).when(fulfilled), [delivered])
  })

  it("needs a person when it cannot be delivered, until it is tried again, done by hand, or given back", () => {
    const open = (...commands: ReadonlyArray<AnyCommand>) => {
      const state = Invoice.fold(eventsOf([...paid, unfulfilled, ...commands]))
      return state._tag === "Absent" ? [] : Obligations.of(state).map(({ _tag }) => _tag)
    }
    assert.deepStrictEqual(open(), ["Fulfil"])
    assert.deepStrictEqual(open(retryFulfilment), [])
    assert.deepStrictEqual(open(retryFulfilment, { ...unfulfilled, at: at(90) }), ["Fulfil"])
    assert.deepStrictEqual(open(fulfilByHand), [])
    assert.deepStrictEqual(open(requestRefund()), ["Refund"])
    assert.deepStrictEqual(open(requestRefund(), recordRefund()), [])
  })

  it("names who delivered it by hand, and why", () => {
    assert.deepStrictEqual<unknown>(given(...paid, unfulfilled).when(fulfilByHand), [
      { _tag: "InvoiceFulfilled", reference: "parcel 4711", fulfilledAt: at(86), by: ann, reason: "As agreed" },
    ])
  })

  it("moves no money in the ledger", () => {
    const state = Invoice.fold(eventsOf(paid))
    for (const command of [fulfilled, unfulfilled, fulfilByHand]) {
      const events = given(...paid).when(command)
      for (const event of typeof events === "string" ? assert.fail(events) : events)
        assert.deepStrictEqual(Ledger.postings(state, event), [])
    }
  })
})
