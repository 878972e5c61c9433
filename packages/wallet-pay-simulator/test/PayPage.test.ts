import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, request, running } from "./merchant.ts"

const form = { "Content-Type": "application/x-www-form-urlencoded" }

/** A simulator with one order, and its page. */
const order = Effect.fnUntraced(function* (fields: object = {}, settings = {}) {
  const { api, control, received } = yield* running({ settings })
  const { json } = yield* api.create(request("tea-1", fields))
  const link = String(json.data?.["payLink"])
  return {
    control,
    received,
    link,
    look: call("GET", link),
    post: (action: string, body = "") => call("POST", `${link}/${action}`, body, form),
    status: Effect.map(control.order("tea-1"), ({ state }) => state.status),
  }
})

describe("the pay page", () => {
  it.effect("shows price, description, number, time left, and what each currency costs", () =>
    Effect.gen(function* () {
      const { control, look } = yield* order()
      yield* control.advance("2 seconds")
      const { number } = yield* control.order("tea-1")
      const { code, text, headers } = yield* look
      assert.strictEqual(code, 200)
      assert.strictEqual(headers.get("content-type"), "text/html; charset=utf-8")
      for (const part of [
        "12.50",
        "USD",
        "A pot of green tea",
        number,
        "59 min 58 s",
        "7.716049383",
        "0.00013699",
        "12.502501",
      ])
        assert.include(text, part)
      assert.deepStrictEqual(
        Array.from(text.matchAll(/name="currency" value="(\w+)"/g), ([, currency]) => currency),
        ["TON", "BTC", "USDT"],
      )
    }),
  )

  it.effect("takes a payment from a plain form post, announces it, and leads to the result", () =>
    Effect.gen(function* () {
      const { control, link, look, post, received } = yield* order({ returnUrl: "https://t.me/tea_bot?start=paid" })
      const paid = yield* post("pay", "currency=USDT")
      assert.strictEqual(paid.code, 303)
      assert.strictEqual(new URL(paid.headers.get("location") ?? "", link).href, link)
      yield* control.idle
      assert.strictEqual(received[0]?.messages[0]?.type, "ORDER_PAID")
      const { text } = yield* look
      assert.include(text, "12.502501 USDT")
      assert.include(text, `href="https://t.me/tea_bot?start=paid"`)
      assert.notInclude(text, "<form")
    }),
  )

  it.effect(
    "declines: the order is cancelled and the failure link offered, or nothing happens, as the settings say",
    () =>
      Effect.gen(function* () {
        const cancelling = yield* order({ failReturnUrl: "https://t.me/tea_bot?start=failed" })
        assert.strictEqual((yield* cancelling.post("decline")).code, 303)
        assert.strictEqual(yield* cancelling.status, "CANCELLED")
        assert.include((yield* cancelling.look).text, `href="https://t.me/tea_bot?start=failed"`)
        const staying = yield* order({}, { orders: { declineCancels: false } })
        assert.strictEqual((yield* staying.post("decline")).code, 303)
        assert.strictEqual(yield* staying.status, "ACTIVE")
      }),
  )

  it.effect("refuses what cannot be: another currency, a second payment, an order whose time is over", () =>
    Effect.gen(function* () {
      const { control, post, status, look, received } = yield* order()
      const other = yield* post("pay", "currency=USD")
      assert.strictEqual(other.code, 422)
      assert.include(other.text, "USD is not offered; offered: TON, BTC, USDT")
      assert.strictEqual(yield* status, "ACTIVE")
      yield* post("pay", "currency=TON")
      assert.strictEqual((yield* post("pay", "currency=TON")).code, 409)
      assert.strictEqual((yield* post("decline")).code, 409)
      yield* control.idle
      assert.lengthOf(received, 1)
      assert.include((yield* look).text, "Paid")

      const late = yield* order({ timeoutSeconds: 30 })
      yield* late.control.advance("30 seconds")
      const answer = yield* late.post("pay", "currency=TON")
      assert.strictEqual(answer.code, 409)
      assert.include(answer.text, "Expired")
    }),
  )

  it.effect("is there for an order's id only", () =>
    Effect.gen(function* () {
      const { control } = yield* order()
      const { number } = yield* control.order("tea-1")
      for (const id of ["tea-1", number, "1", "..%2Fsimulator"]) {
        assert.strictEqual((yield* call("GET", `${control.baseUrl}/order/${id}`)).code, 404, id)
        assert.strictEqual((yield* call("POST", `${control.baseUrl}/order/${id}/pay`, "", form)).code, 404, id)
      }
    }),
  )

  it.effect("escapes whatever the merchant wrote, and links only to what is a link", () =>
    Effect.gen(function* () {
      const evil = `<script>alert("1")</script>'&`
      const { control, look, post } = yield* order({ description: evil, returnUrl: `javascript:alert("1")//${evil}` })
      const before = yield* look
      yield* post("pay", "currency=TON")
      const after = yield* look
      for (const { text } of [before, after]) {
        assert.notInclude(text, "<script")
        assert.include(text, "&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;")
        assert.notMatch(text, /href="javascript/)
      }
      assert.match(
        before.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; style-src 'unsafe-inline'; form-action 'self';/,
      )

      yield* control.reset
      yield* call("POST", `${control.baseUrl}/simulator/orders`, JSON.stringify({ externalId: evil }))
      const index = yield* call("GET", `${control.baseUrl}/simulator`)
      assert.strictEqual(index.code, 200)
      assert.notInclude(index.text, "<script")
      assert.include(index.text, "&#60;script&#62;")
    }),
  )

  it.effect("shows the rate of the payment's moment, or of the order's creation, as the settings say", () =>
    Effect.gen(function* () {
      const { control, look } = yield* order()
      yield* control.configure({ orders: { currencies: { TON: { usd: "2" } } } })
      assert.include((yield* look).text, "6.250000000")
      yield* control.configure({ orders: { rateLock: "creation" } })
      assert.include((yield* look).text, "7.716049383")
    }),
  )
})
