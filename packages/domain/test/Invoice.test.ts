import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Invoice from "../src/Invoice.ts"
import type * as Payments from "../src/Payment.ts"
import {
  type AnyCommand,
  at,
  cancel,
  clock,
  closed,
  eventsOf,
  given,
  issue,
  opened,
  order,
  pay,
  payment,
  policy,
  refused,
  request,
  ton,
  usd,
} from "./fixtures.ts"

const received = (other: Parameters<typeof payment>[0] = {}): Payments.PaymentReceived => ({
  _tag: "PaymentReceived",
  ...payment(other),
})
const about = { payment: 1, provider: "wallet-pay", orderId: order.orderId }
const paid: Invoice.InvoiceEvent = { _tag: "InvoicePaid", ...about, paidAt: at(10) }
const held = (reason: Payments.HoldReason, payment = 1): Invoice.InvoiceEvent => ({
  _tag: "PaymentHeld",
  ...about,
  payment,
  reason,
})

describe("issuing", () => {
  const issued = (other: Partial<typeof issue>) => given().when({ ...issue, ...other })

  it("bills quantity times unit price, over all lines", () => {
    assert.deepStrictEqual(issued({ lines: [...issue.lines, { title: "A pen", quantity: 3, unitPrice: usd(33n) }] }), [
      {
        _tag: "InvoiceIssued",
        invoiceId: issue.invoiceId,
        customerId: issue.customerId,
        lines: [
          { title: "Ten stickers", quantity: 2, unitPrice: usd(500n) },
          { title: "A pen", quantity: 3, unitPrice: usd(33n) },
        ],
        amount: usd(1099n),
        issuedAt: at(0),
        payBy: at(60),
        policy,
      },
    ])
  })

  it("refuses terms that cannot be billed", () => {
    const line = issue.lines[0]
    assert.deepStrictEqual(issued({ lines: [line, { ...line, unitPrice: ton(1n) }] }), "InvalidTerms")
    assert.deepStrictEqual(issued({ lines: [{ ...line, unitPrice: usd(0n) }] }), "InvalidTerms")
    assert.deepStrictEqual(issued({ lines: [{ ...line, unitPrice: usd(10n ** 38n - 1n) }] }), "InvalidTerms")
    assert.deepStrictEqual(issued({ policy: { ...policy, tolerance: ton(0n) } }), "InvalidTerms")
    assert.deepStrictEqual(issued({ policy: { ...policy, tolerance: usd(-1n) } }), "InvalidTerms")
    assert.deepStrictEqual(issued({ payBy: issue.at }), "InvalidTerms")
  })

  it("is done once, also when the repetition comes later and the rules have changed", () => {
    const later = { ...issue, at: at(5), payBy: at(65), policy: { ...policy, graceSeconds: 0 } }
    assert.deepStrictEqual(given(issue).when(later), [])
    assert.deepStrictEqual(given(issue).when({ ...issue, payBy: at(-1) }), [])
  })

  it("refuses to put other terms under an id that is taken", () => {
    const line = issue.lines[0]
    assert.deepStrictEqual(
      given(issue).when({ ...issue, lines: [{ ...line, title: "Other stickers" }] }),
      "InvoiceAlreadyIssued",
    )
    assert.deepStrictEqual(
      given(issue).when({ ...issue, lines: [{ title: "Ten stickers", quantity: 1, unitPrice: usd(1000n) }] }),
      "InvoiceAlreadyIssued",
    )
  })
})

describe("the order at the provider", () => {
  it("is requested in full before the call, with the invoice's amount", () => {
    assert.deepStrictEqual(given(issue).when({ ...request, customData: "inv_00000000000000000001" }), [
      {
        _tag: "ProviderOrderRequested",
        provider: "wallet-pay",
        externalId: "inv_00000000000000000001",
        amount: usd(1000n),
        description: "Ten stickers × 2",
        timeoutSeconds: 1800,
        customData: "inv_00000000000000000001",
        requestedAt: at(1),
        repeatUntil: at(3),
      },
    ])
  })

  it("is not requested once the pay-by time has come", () => {
    assert.deepStrictEqual(given(issue).when({ ...request, at: at(60) }), "InvoiceClosed")
  })

  it("is not requested after a cancel or an expiry", () => {
    assert.deepStrictEqual(given(issue, cancel).when(request), "InvoiceClosed")
    assert.deepStrictEqual(given(issue, clock).when(request), "InvoiceClosed")
  })

  it("is recorded when it is found after all, and the invoice stays expired", () => {
    assert.deepStrictEqual(given(issue, request, closed("Expired")).when(opened), [
      { _tag: "ProviderOrderOpened", provider: "wallet-pay", ...order },
    ])
  })

  it("has texts that can be stored, whatever the provider wrote", () => {
    assert.deepStrictEqual(
      given(issue, request).when({
        ...opened,
        order: {
          ...order,
          number: `\u0000\u001B[31m\uD800${"x".repeat(300)}`,
          payLink: "x".repeat(2049),
          directPayLink: "\n",
        },
      }),
      [
        {
          _tag: "ProviderOrderOpened",
          provider: "wallet-pay",
          ...order,
          number: `\uFFFD\uFFFD[31m\uFFFD${"x".repeat(248)}`,
          payLink: "",
          directPayLink: "",
        },
      ],
    )
  })

  it("is refused in words that hold no Telegram id", () => {
    assert.deepStrictEqual(
      given(issue, request).when({ ...refused, reason: "customerTelegramUserId 5000000001 is unknown\n(HTTP 400)" }),
      [
        {
          _tag: "ProviderOrderRefused",
          reason: "customerTelegramUserId # is unknown\uFFFD(HTTP 400)",
          refusedAt: at(1.5),
        },
      ],
    )
  })
})

describe("a payment", () => {
  it("pays the invoice at its completion time", () => {
    assert.deepStrictEqual(given(issue, request, opened).when(pay()), [received(), paid])
  })

  it("pays the invoice when it is heard of before the order is", () => {
    assert.deepStrictEqual(given(issue, request).when(pay()), [received(), paid])
  })

  it("that was completed before the cancel pays the invoice, although we heard of it after", () => {
    assert.deepStrictEqual(given(issue, request, opened, cancel).when(pay()), [received(), paid])
    assert.deepStrictEqual(given(issue, request, opened, cancel).when(pay({ completedAt: cancel.at })), [
      received({ completedAt: cancel.at }),
      held("AfterCancel"),
    ])
  })

  it("that was completed in time pays an invoice that our clock has expired", () => {
    const last = order.expiresAt
    assert.deepStrictEqual(given(issue, request, opened, clock).when(pay({ completedAt: last })), [
      received({ completedAt: last }),
      { ...paid, paidAt: last },
    ])
    const late = DateTime.add(last, { milliseconds: 1 })
    assert.deepStrictEqual(given(issue, request, opened, clock).when(pay({ completedAt: late })), [
      received({ completedAt: late }),
      held("AfterExpiry"),
    ])
  })

  it("that is late pays the invoice when its policy accepts late payments", () => {
    assert.deepStrictEqual(
      given({ ...issue, policy: { ...policy, late: "Accept" } }, request, opened, closed("Expired")).when(
        pay({ completedAt: at(45) }),
      ),
      [received({ completedAt: at(45) }), { ...paid, paidAt: at(45) }],
    )
  })

  it("that was held for its lateness pays the invoice when the order proves to live longer", () => {
    assert.deepStrictEqual(given(issue, request, pay({ completedAt: at(31.5) })).when(opened), [
      { _tag: "ProviderOrderOpened", provider: "wallet-pay", ...order },
      { ...paid, paidAt: at(31.5) },
    ])
    assert.deepStrictEqual(given(issue, request, pay({ completedAt: at(45) })).when(opened), [
      { _tag: "ProviderOrderOpened", provider: "wallet-pay", ...order },
    ])
  })

  it("is judged alike, before and after its order is known, when the provider's clock is behind ours", () => {
    const early: typeof opened = { ...opened, order: { ...order, expiresAt: at(30) } }
    const betweenThem = pay({ completedAt: at(30.5) })
    const gives = [received({ completedAt: at(30.5) }), { ...paid, paidAt: at(30.5) }]
    assert.deepStrictEqual(given(issue, request).when(betweenThem), gives)
    assert.deepStrictEqual(given(issue, request, early).when(betweenThem), gives)
  })

  it("that was held for its time pays the invoice when an earlier completion is heard of, and is one payment", () => {
    const before = [issue, request, opened, pay({ completedAt: at(45) })]
    assert.deepStrictEqual(given(...before).when(pay()), [received(), paid])
    const state = Invoice.fold(eventsOf([...before, pay()]))
    assert.deepStrictEqual(state._tag === "Absent" ? [] : state.payments, [
      { received: received(), disposition: "Paid", refunds: [] },
    ])
    assert.deepStrictEqual(given(...before).when(pay({ completedAt: at(46) })), [])
  })

  it("of the same order with other amounts is a contradiction, not a second payment", () => {
    const fee = { fee: ton(70_000_001n), net: ton(6_929_999_999n) }
    assert.deepStrictEqual(given(issue, request, opened, pay()).when(pay(fee)), [received(fee), held("Restated", 2)])
  })

  it("of another provider's order is another payment, though the ids are equal", () => {
    const other = { provider: "telegram-stars" }
    assert.deepStrictEqual(given(issue, request, opened, pay()).when(pay(other)), [
      received(other),
      { _tag: "PaymentHeld", ...about, ...other, payment: 2, reason: "Surplus" },
    ])
  })

  it("is the same whatever digits its amounts are written with", () => {
    assert.deepStrictEqual(
      given(issue, request, opened, pay()).when(pay({ gross: { currency: "TON", scale: 2, minor: 700n } })),
      [],
    )
  })

  it("may be off by the tolerance in force when the invoice was issued", () => {
    const tolerant = [{ ...issue, policy: { ...policy, tolerance: usd(5n) } }, request, opened]
    assert.deepStrictEqual(given(...tolerant).when(pay({ orderAmount: usd(995n) })), [
      received({ orderAmount: usd(995n) }),
      paid,
    ])
    assert.deepStrictEqual(given(...tolerant).when(pay({ orderAmount: usd(1005n) })), [
      received({ orderAmount: usd(1005n) }),
      paid,
    ])
    assert.deepStrictEqual(given(...tolerant).when(pay({ orderAmount: usd(1006n) })), [
      received({ orderAmount: usd(1006n) }),
      held("WrongAmount"),
    ])
  })

  it("of nothing, or of less than the amount in its own currency, does not pay the invoice", () => {
    const zero = { gross: ton(0n), fee: ton(0n), net: ton(0n) }
    assert.deepStrictEqual(given(issue, request, opened).when(pay(zero)), [received(zero), held("WrongAmount")])
    const short = { gross: usd(999n), fee: usd(9n), net: usd(990n) }
    assert.deepStrictEqual(given(issue, request, opened).when(pay(short)), [received(short), held("WrongAmount")])
    const withFeeOnTop = { gross: usd(1010n), fee: usd(10n), net: usd(1000n) }
    assert.deepStrictEqual(given(issue, request, opened).when(pay(withFeeOnTop)), [received(withFeeOnTop), paid])
  })

  it("has its rate kept as text that can be stored", () => {
    assert.deepStrictEqual(given(issue, request, opened).when(pay({ rate: "" })), [received({ rate: "-" }), paid])
  })
})

describe("an invoice for which no order was requested", () => {
  it("holds money that names it", () => {
    assert.deepStrictEqual(given(issue, cancel).when(pay()), [received(), held("NoOrder")])
    assert.deepStrictEqual(given(issue, clock).when(pay()), [received(), held("NoOrder")])
  })

  it("has no order either", () => {
    assert.deepStrictEqual(given(issue, cancel).when(opened), [])
  })
})

describe("our clock", () => {
  const dueAt = (...before: ReadonlyArray<AnyCommand>) => {
    const state = Invoice.fold(eventsOf(before))
    return state._tag === "Absent" ? undefined : Invoice.expiryDueAt(state)
  }
  const soon = { ...issue, payBy: at(2) }

  it("waits for the pay-by time and the grace", () => {
    assert.deepStrictEqual(dueAt(issue), at(70))
    assert.deepStrictEqual(dueAt(issue, request, opened), at(70))
  })

  it("waits for the provider's expiry when that is later", () => {
    assert.deepStrictEqual(dueAt(soon, request, opened), at(42))
  })

  it("waits for an order that the last try may have opened", () => {
    assert.deepStrictEqual(dueAt(soon, request), at(43))
  })
})
