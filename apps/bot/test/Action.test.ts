import { assert, describe, it } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import { ProductId } from "../src/Catalog.ts"
import { type Action, decode, encode } from "../src/view/Action.ts"

const invoiceId = InvoiceId.make("inv_0123456789abcdefghij")
const productId = ProductId.make("a".repeat(32))

const actions: ReadonlyArray<Action> = [
  { _tag: "Catalogue" },
  { _tag: "Help" },
  { _tag: "Product", productId },
  { _tag: "Buy", productId },
  { _tag: "Orders", offset: 9999 },
  { _tag: "Order", invoiceId },
  { _tag: "Check", invoiceId },
  { _tag: "Cancel", invoiceId },
  { _tag: "Again", invoiceId },
]

describe("the data of a button", () => {
  it("is read back as what was written, and takes at most the 64 bytes that Telegram allows", () => {
    for (const action of actions) {
      assert.deepStrictEqual(decode(encode(action)), action)
      assert.isAtMost(Buffer.byteLength(encode(action)), 64)
    }
    assert.strictEqual(new Set(actions.map(encode)).size, actions.length)
  })

  it("is nothing when it is not of our making", () => {
    const forged = [
      ["", "z", ":", "c", "c:", "c:inv_1", `c:${invoiceId}x`, `c:${invoiceId}:1`, `C:${invoiceId}`, `c: ${invoiceId}`],
      ["b:", "b:Ä", "b:../../etc", `b:${productId}a`, "l:", "l:-1", "l:1.5", "l:99999", "l:1e3", "x".repeat(64), "m\n"],
    ].flat()
    for (const data of forged) assert.isUndefined(decode(data), JSON.stringify(data))
  })
})
