import { assert, describe, it } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import { Redacted } from "effect"
import { ProductId } from "../src/Catalog.ts"
import { DeepLinks, type Target } from "../src/DeepLinks.ts"

const token = Redacted.make("77:ABC")
const links = DeepLinks.make({ token })
const product: Target = { _tag: "Product", productId: ProductId.make("a-product".padEnd(32, "z")) }
const invoice: Target = { _tag: "Invoice", invoiceId: InvoiceId.make("inv_0123456789abcdefghij") }

describe("a link", () => {
  it("is read back as what it was made for, in what Telegram takes as a start parameter", () => {
    for (const target of [product, invoice]) {
      assert.deepStrictEqual(links.read(links.payload(target)), target)
      assert.match(links.payload(target), /^[A-Za-z0-9_-]{1,64}$/)
    }
    assert.strictEqual(links.link("shop_bot", invoice), `https://t.me/shop_bot?start=${links.payload(invoice)}`)
  })

  it("is nothing when any character of it is another one, is missing or is too much", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    for (const payload of [product, invoice].map(links.payload)) {
      for (let at = 0; at < payload.length; at++) {
        for (const other of alphabet)
          if (other !== payload[at])
            assert.isUndefined(links.read(payload.slice(0, at) + other + payload.slice(at + 1)))
        assert.isUndefined(links.read(payload.slice(0, at)))
        assert.isUndefined(links.read(payload.slice(0, at) + payload.slice(at + 1)))
      }
      for (const more of ["a", "=", " ", "\n", "\u0000", "ё"]) assert.isUndefined(links.read(payload + more))
    }
    for (const payload of ["", "x", "-".repeat(64), "a".repeat(10_000)]) assert.isUndefined(links.read(payload))
  })

  it("holds under the secret that made it alone: another bot's token, or another secret, makes others", () => {
    const secret = Redacted.make("x".repeat(24))
    const all = [{ token }, { token: Redacted.make("78:ABC") }, { token, linkSecret: secret }].map(DeepLinks.make)
    for (const mine of all)
      for (const other of all)
        assert.deepStrictEqual(other.read(mine.payload(invoice)), mine === other ? invoice : undefined)
    // A secret of its own outlives a new token.
    const renewed = DeepLinks.make({ token: Redacted.make("77:XYZ"), linkSecret: secret })
    assert.deepStrictEqual(renewed.read(all[2]?.payload(invoice) ?? ""), invoice)
  })

  it("says nothing about its secret", () => {
    for (const payload of [product, invoice].map(links.payload)) assert.notInclude(payload, "ABC")
  })
})
