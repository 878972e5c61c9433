import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { sign } from "../src/Signature.ts"

// From the provider's OpenAPI document 1.2.0.
const key = "your_secret_api_key_sYIpNypce5sls6Ik"
const timestamp = "168824905680291"
const body = `[{"eventDateTime":"2023-07-28T10:20:17.681338Z","eventId":10030477545046017,"type":"ORDER_PAID","payload":{"id":10030467668508673,"number":"XYTNJP2O","customData":"in exercitation culpa","externalId":"JDF23NN","orderAmount":{"amount":"0.100000340","currencyCode":"TON"},"selectedPaymentOption":{"amount":{"amount":"0.132653","currencyCode":"USDT"},"amountFee":{"amount":"0.001327","currencyCode":"USDT"},"amountNet":{"amount":"0.131326","currencyCode":"USDT"},"exchangeRate":"1.3265247467314987"},"orderCompletedDateTime":"2023-07-28T10:20:17.628946Z"}}]`

const signed = (path: string, text = body) =>
  sign(Redacted.make(key), "POST", path, timestamp, new TextEncoder().encode(text))

describe("the signature", () => {
  it("is the one that the provider's document gives for its example", () => {
    assert.strictEqual(new TextEncoder().encode(body).length, 554)
    assert.strictEqual(signed("/webhook/"), "MGfJzeEprADZbihhRcGcCY5pYTI/IEJ91ejyA+XOWAs=")
  })

  it("covers the path as it is written, slash and query included", () => {
    assert.strictEqual(signed("/webhook"), "5p/T+b8h2nFObtCpp7J89Ny6t7djtXDWut0sEcf5uA0=")
    assert.strictEqual(signed("/webhook/?a=1"), "0ZKzwhsnEmDcKNd3a48p5O269+YcUANWJVTWJ90cDTA=")
  })

  it("covers the body's bytes in UTF-8", () => {
    const text = body.replace("in exercitation culpa", "заказ № 7 👛")
    assert.strictEqual(signed("/webhook/", text), "+QbY/rCRPDL1neOfCG+ZzihcP4fVLu5tzwRT7wexbUE=")
  })
})
