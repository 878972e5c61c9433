import * as Money from "@paylog/domain/Money"
import type { DeliveryItem } from "@paylog/domain/PaymentProvider"
import * as Json from "@paylog/wallet-pay/Json"
import type { ListedOrder } from "@paylog/domain/PaymentProvider"
import { deliveryItems, listLine } from "@paylog/wallet-pay/translate"
import * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result, Schema } from "effect"
import { bytes } from "./fixtures.ts"

const items = (body: Uint8Array | string, scales = Money.scales) =>
  deliveryItems(typeof body === "string" ? new TextEncoder().encode(body) : body, scales)

const reasonOf = (item: DeliveryItem | undefined) => (item?._tag === "NotUnderstood" ? item.reason : "understood")

const utc = DateTime.makeUnsafe

/** The text of a message whose field at `path` is replaced by this JSON text, or left out. */
const changed = (message: unknown, path: ReadonlyArray<string>, json: string | undefined): string => {
  const [field, ...rest] = path
  if (field === undefined) return json ?? ""
  const entries = Object.entries(Object(message)).flatMap(([key, value]) => {
    if (key !== field) return [`${JSON.stringify(key)}:${Json.stringify(value)}`]
    const text = changed(value, rest, json)
    return text === "" ? [] : [`${JSON.stringify(key)}:${text}`]
  })
  if (!Object.hasOwn(Object(message), field) && rest.length === 0) entries.push(`${JSON.stringify(field)}:${json}`)
  return `{${entries.join(",")}}`
}

const first = (file: string): unknown => {
  const parsed = Result.getOrThrow(Json.parse(bytes(file)))
  return Array.isArray(parsed) ? parsed[0] : undefined
}
const [paid, failed] = [first("V1.body"), first("failed.body")]

describe("samples", () => {
  it("reads the official ORDER_PAID, ids digit for digit", () => {
    assert.deepStrictEqual(items(bytes("V1.body")), [
      {
        _tag: "Understood",
        eventId: "10030477545046017",
        observation: {
          _tag: "PaymentCompleted",
          externalId: "JDF23NN",
          payment: {
            provider: "wallet-pay",
            orderId: "10030467668508673",
            orderAmount: Money.of("TON", 100_000_340n),
            gross: Money.of("USDT", 132_653n),
            fee: Money.of("USDT", 1_327n),
            net: Money.of("USDT", 131_326n),
            rate: "1.3265247467314987",
            completedAt: utc("2023-07-28T10:20:17.628Z"),
          },
        },
      },
    ])
  })

  it("reads real deliveries of a payment and of an expiry", () => {
    assert.deepStrictEqual(items(bytes("paid.body")), [
      {
        _tag: "Understood",
        eventId: "10829789207553",
        observation: {
          _tag: "PaymentCompleted",
          externalId: "0120bb34-5a74-4eb2-a3da-774b97cf3fbe",
          payment: {
            provider: "wallet-pay",
            orderId: "10829787081217",
            orderAmount: Money.of("EUR", 4_000n),
            gross: Money.of("TON", 69_848_094n),
            fee: Money.of("TON", 698_481n),
            net: Money.of("TON", 69_149_613n),
            rate: "0.0017462023476135017",
            completedAt: utc("2024-04-21T15:04:24.092Z"),
          },
        },
      },
    ])
    assert.deepStrictEqual(items(bytes("failed.body")), [
      {
        _tag: "Understood",
        eventId: "11044361216001",
        observation: {
          _tag: "OrderClosed",
          externalId: "07d9539e-fd61-497e-a164-d2e354a55744",
          orderId: "11000119772673",
          outcome: "Expired",
          closedAt: utc("2024-05-01T07:53:56.000Z"),
        },
      },
    ])
  })
})

describe("bodies", () => {
  it("gives one element for a body that is no array of JSON, saying why", () => {
    assert.deepStrictEqual(
      ["{", "{}", '[{"a":1,"a":1}]', '"[]"', bytes("V2.body")].map((body) => items(body)),
      [
        [{ _tag: "NotUnderstood", index: 0, reason: "The body is no strict JSON: NotJson" }],
        [{ _tag: "NotUnderstood", index: 0, reason: "The body is no array" }],
        [{ _tag: "NotUnderstood", index: 0, reason: "The body is no strict JSON: DuplicateKey" }],
        [{ _tag: "NotUnderstood", index: 0, reason: "The body is no array" }],
        [{ _tag: "NotUnderstood", index: 0, reason: "The body is no array" }],
      ],
    )
    assert.deepStrictEqual(items("[]"), [])
  })

  it("reads each element alone: a bad one leaves its neighbours alone", () => {
    const [good, other] = [Json.stringify(paid), Json.stringify(failed)]
    const bad = ["null", "7", "[]", "{}", '"x"', changed(paid, ["payload"], "null")]
    const read = items(`[${[good, ...bad, other].join(",")}]`)
    assert.deepStrictEqual(
      read.map((item) => (item._tag === "Understood" ? item.eventId : item.index)),
      ["10030477545046017", 1, 2, 3, 4, 5, 6, "11044361216001"],
    )
  })

  it("takes up to 256 elements", () => {
    assert.lengthOf(items(`[${"0,".repeat(255)}0]`), 256)
    assert.deepStrictEqual(items(`[${"0,".repeat(256)}0]`), [
      { _tag: "NotUnderstood", index: 0, reason: "The body has more than 256 elements" },
    ])
  })

  it("tells apart two events whose ids are equal as JavaScript numbers", () => {
    const twins = ["9007199254740993", "9007199254740992"].map((id) => changed(paid, ["eventId"], id))
    assert.deepStrictEqual(
      items(`[${twins.join(",")}]`).map((item) => item._tag === "Understood" && item.eventId),
      ["9007199254740993", "9007199254740992"],
    )
  })

  it("ignores unknown fields, keys named like prototypes, and the order of keys", () => {
    const reversed = Object.fromEntries(Object.entries(Object(paid)).toReversed())
    for (const message of [
      Json.stringify(reversed),
      changed(paid, ["__proto__"], '{"type":"ORDER_FAILED","eventId":1}'),
      changed(paid, ["payload", "__proto__"], '{"id":1}'),
      changed(paid, ["constructor"], "1"),
      changed(paid, ["payload", "customData"], "null"),
      changed(paid, ["payload", "status"], "null"),
    ]) {
      assert.deepStrictEqual(items(`[${message}]`), items(bytes("V1.body")))
    }
  })
})

describe("what is not understood", () => {
  const required = [
    ["eventId"],
    ["eventDateTime"],
    ["type"],
    ["payload"],
    ["payload", "id"],
    ["payload", "number"],
    ["payload", "externalId"],
    ["payload", "orderAmount"],
    ["payload", "orderAmount", "amount"],
    ["payload", "orderAmount", "currencyCode"],
    ["payload", "orderCompletedDateTime"],
    ["payload", "selectedPaymentOption"],
    ["payload", "selectedPaymentOption", "amount"],
    ["payload", "selectedPaymentOption", "amountFee"],
    ["payload", "selectedPaymentOption", "amountNet", "amount"],
    ["payload", "selectedPaymentOption", "exchangeRate"],
  ].map((path) => ({ field: path.join("."), path }))

  it.each(required)("a payment without $field, or with another type there", ({ path }) => {
    const last = path.at(-1) ?? ""
    for (const json of [undefined, "null", "true", "[]"]) {
      const reason = reasonOf(items(`[${changed(paid, path, json)}]`)[0])
      assert.isTrue(reason.includes(last) || last === "type", `${json}: ${reason}`)
      assert.notStrictEqual(reason, "understood")
    }
  })

  it.each([
    ["an unknown type", ["type"], '"ORDER_REFUNDED"'],
    ["a status that contradicts the type", ["payload", "status"], '"EXPIRED"'],
    ["an id with a fraction", ["payload", "id"], "1.5"],
    ["an id in exponent form", ["payload", "id"], "1e3"],
    ["a negative id", ["payload", "id"], "-1"],
    ["an id over 63 bits", ["payload", "id"], "9223372036854775808"],
    ["an empty id", ["eventId"], '""'],
    ["an id with a leading zero", ["eventId"], '"01"'],
    ["a negative amount", ["payload", "orderAmount", "amount"], '"-1"'],
    ["an amount in exponent form", ["payload", "orderAmount", "amount"], '"1e2"'],
    ["an amount with a comma", ["payload", "orderAmount", "amount"], '"1,00"'],
    ["an empty amount", ["payload", "selectedPaymentOption", "amountFee", "amount"], '""'],
    ["an amount of 129 digits", ["payload", "orderAmount", "amount"], `"${"9".repeat(129)}"`],
    ["an amount in other digits", ["payload", "orderAmount", "amount"], '"١٢"'],
    ["a currency that is no code", ["payload", "orderAmount", "currencyCode"], '"TON "'],
    ["an empty currency", ["payload", "orderAmount", "currencyCode"], '""'],
    ["U+0000 in the externalId", ["payload", "externalId"], '"a\\u0000"'],
    ["a lone surrogate in customData", ["payload", "customData"], '"\\ud800"'],
    ["customData that is an object", ["payload", "customData"], "{}"],
    ["U+0000 in the rate", ["payload", "selectedPaymentOption", "exchangeRate"], '"1\\u0000"'],
    ["a number over 255 characters", ["payload", "number"], `"${"9".repeat(256)}"`],
    ["an empty number", ["payload", "number"], '""'],
    ["30 February", ["payload", "orderCompletedDateTime"], '"2023-02-30T00:00:00Z"'],
    ["a year before 1970", ["payload", "orderCompletedDateTime"], '"1969-12-31T23:59:59Z"'],
    ["a date in another zone", ["payload", "orderCompletedDateTime"], '"2023-02-28T00:00:00+03:00"'],
    ["a date without a zone", ["payload", "orderCompletedDateTime"], '"2023-02-28T00:00:00"'],
    ["a date as a number", ["payload", "orderCompletedDateTime"], "1690539617681"],
  ])("a payment with %s", (_title, path, json) => {
    assert.notStrictEqual(reasonOf(items(`[${changed(paid, path, json)}]`)[0]), "understood")
  })

  it.each([
    ["status PAID", ["payload", "status"], '"PAID"'],
    ["an unknown status", ["payload", "status"], '"REFUNDED"'],
    ["no status", ["payload", "status"], undefined],
    ["a payment option", ["payload", "selectedPaymentOption"], "{}"],
  ])("a failure with %s", (_title, path, json) => {
    assert.notStrictEqual(reasonOf(items(`[${changed(failed, path, json)}]`)[0]), "understood")
  })

  it("says where, in at most 255 characters, and repeats no value", () => {
    const canary = "Иванов-canary"
    for (const { path } of required) {
      for (const json of [`"${canary}"`, `["${canary}"]`, `{"${canary}":"${canary}"}`]) {
        const reason = reasonOf(items(`[${changed(paid, path, json)}]`)[0])
        assert.notInclude(reason, canary)
        assert.isAtMost(reason.length, 255)
      }
    }
  })
})

describe("amounts", () => {
  const amountOf = (currency: string, amount: string) => {
    const path = ["payload", "orderAmount"]
    const json = `{"currencyCode":"${currency}","amount":${amount}}`
    const item = items(`[${changed(paid, path, json)}]`)[0]
    return item?._tag === "Understood" && item.observation._tag === "PaymentCompleted"
      ? item.observation.payment.orderAmount
      : item
  }

  it("compares by value: 1.5 and 1.50 and the number 1.5 are one amount", () => {
    for (const text of ['"1.5"', '"1.50"', "1.5", "1.50", '"01.500"']) {
      assert.deepStrictEqual(amountOf("USD", text), Money.of("USD", 150n))
    }
  })

  it("keeps the words of an unknown currency, and of more digits than the currency has", () => {
    assert.deepStrictEqual(amountOf("GRAM", '"1.500"'), { currency: "GRAM", unread: "1.500" })
    assert.deepStrictEqual(amountOf("usd", '"1"'), { currency: "usd", unread: "1" })
    assert.deepStrictEqual(amountOf("__proto__", '"1"'), { currency: "__proto__", unread: "1" })
    assert.deepStrictEqual(amountOf("USD", '"1.005"'), { currency: "USD", unread: "1.005" })
    assert.deepStrictEqual(amountOf("USD", "10030467668508673.001"), {
      currency: "USD",
      unread: "10030467668508673.001",
    })
  })

  it("reads with the configured table", () => {
    const [item] = items(bytes("paid.body"), { EUR: 2 })
    const read = item?._tag === "Understood" && item.observation._tag === "PaymentCompleted" && item.observation.payment
    assert.deepInclude(read, {
      orderAmount: Money.of("EUR", 4_000n),
      gross: { currency: "TON", unread: "0.069848094" },
      fee: { currency: "TON", unread: "0.000698481" },
      net: { currency: "TON", unread: "0.069149613" },
    })
  })
})

describe("lines of the list", () => {
  const option =
    '{"amount":{"amount":"2","currencyCode":"TON"},"amountFee":{"amount":"0.02","currencyCode":"TON"},"amountNet":{"amount":"1.98","currencyCode":"TON"},"exchangeRate":"2"}'
  const line = (status: string, more = "") =>
    listLine(
      Result.getOrThrow(
        Json.parse(
          new TextEncoder().encode(
            `{"id":10030467668508673,"status":"${status}","amount":{"amount":"1.00","currencyCode":"USD"},"externalId":"e1","createdDateTime":"2026-01-01T00:00:00Z","expirationDateTime":"2026-01-01T01:00:00.123456Z"${more}}`,
          ),
        ),
      ),
      7,
      Money.scales,
    )
  const understood = (order: ListedOrder) => ({ _tag: "Understood" as const, index: 7, order })
  const facts = {
    externalId: "e1",
    orderId: "10030467668508673",
    orderAmount: Money.of("USD", 100n),
    createdAt: utc("2026-01-01T00:00:00Z"),
    expiresAt: utc("2026-01-01T01:00:00.123Z"),
  }
  const paidAt = ',"paymentDateTime":"2026-01-01T00:30:00Z"'

  it("reads an order in each state", () => {
    for (const [status, read] of [
      ["ACTIVE", "Active"],
      ["EXPIRED", "Expired"],
      ["CANCELLED", "Cancelled"],
    ] as const) {
      for (const more of [
        "",
        ',"selectedPaymentOption":null,"paymentDateTime":null',
        `,"selectedPaymentOption":${option}`,
      ]) {
        assert.deepStrictEqual(line(status, more), understood({ ...facts, status: read, payment: undefined }))
      }
    }
  })

  it("makes the payment of a paid order from the option and the time of payment", () => {
    assert.deepStrictEqual(
      line("PAID", `${paidAt},"selectedPaymentOption":${option},"customerTelegramUserId":5`),
      understood({
        ...facts,
        status: "Paid",
        payment: {
          provider: "wallet-pay",
          orderId: facts.orderId,
          orderAmount: facts.orderAmount,
          gross: Money.of("TON", 2_000_000_000n),
          fee: Money.of("TON", 20_000_000n),
          net: Money.of("TON", 1_980_000_000n),
          rate: "2",
          completedAt: utc("2026-01-01T00:30:00Z"),
        },
      }),
    )
  })

  it("does not understand a paid order without details, nor an unpaid one with a time of payment", () => {
    for (const [status, more] of [
      ["PAID", ""],
      ["PAID", paidAt],
      ["PAID", `,"selectedPaymentOption":${option}`],
      ["ACTIVE", paidAt],
      ["EXPIRED", paidAt],
      ["REFUNDED", ""],
    ]) {
      const { _tag, index, ...rest } = line(status ?? "", more)
      assert.deepStrictEqual({ _tag, index }, { _tag: "NotUnderstood", index: 7 }, `${status} ${more}`)
      assert.include(rest, { externalId: "e1" })
    }
  })
})

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

describe("properties", () => {
  it.prop(
    "every body has an answer, and no reason is longer than the log takes",
    { json: Schema.Json },
    ({ json }) => {
      for (const item of [...items(JSON.stringify([json])), ...items(JSON.stringify(json))]) {
        assert.isAtMost(reasonOf(item).length, 255)
      }
    },
    { arbitrary: { runs: 500 } },
  )

  it.prop("bytes that are no text have an answer", { bytes: Schema.Array(Byte) }, ({ bytes }) => {
    assert.isAtMost(items(Uint8Array.from(bytes)).length, bytes.length + 1)
  })

  const Int64 = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 2n ** 63n - 1n }))
  const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 253_402_300_799_999 }))
  it.prop(
    "what the wire schemas write is read back, over the whole range of ids",
    { eventId: Int64, id: Int64, at: Millis, minor: Int64, number: Schema.NonEmptyString, externalId: Wire.Text },
    ({ eventId, id, at, minor, number, externalId }) => {
      if (!number.isWellFormed() || number.includes("\0")) return
      const usdt = (minor: bigint) => ({ currencyCode: "USDT", amount: Money.format({ minor, scale: 6 }) })
      const message: Wire.WebhookMessage = {
        type: "ORDER_PAID",
        eventId: eventId.toString(),
        eventDateTime: utc(at),
        payload: {
          id: id.toString(),
          number,
          externalId,
          orderAmount: usdt(minor),
          orderCompletedDateTime: utc(at),
          selectedPaymentOption: {
            amount: usdt(minor),
            amountFee: usdt(0n),
            amountNet: usdt(minor),
            exchangeRate: "1",
          },
        },
      }
      const [item] = items(Json.stringify([Schema.encodeSync(Wire.WebhookMessage)(message)]))
      assert.deepStrictEqual(item, {
        _tag: "Understood",
        eventId: eventId.toString(),
        observation: {
          _tag: "PaymentCompleted",
          externalId,
          payment: {
            provider: "wallet-pay",
            orderId: id.toString(),
            orderAmount: Money.of("USDT", minor),
            gross: Money.of("USDT", minor),
            fee: Money.of("USDT", 0n),
            net: Money.of("USDT", minor),
            rate: "1",
            completedAt: utc(at),
          },
        },
      })
    },
    { arbitrary: { runs: 300 } },
  )
})
