import { assert, describe, it } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import { CategoryId, ProductId } from "../src/Catalog.ts"
import { type Action, codes, decode, encode, tags } from "../src/view/Action.ts"

const invoiceId = InvoiceId.make("inv_0123456789abcdefghij")
const productId = ProductId.make("a".repeat(32))

const actions: ReadonlyArray<Action> = [
  { _tag: "Catalogue" },
  { _tag: "Shop" },
  { _tag: "Receipt", invoiceId },
  { _tag: "Help" },
  { _tag: "Product", productId },
  { _tag: "Buy", productId },
  { _tag: "Orders", offset: 9999 },
  { _tag: "Order", invoiceId },
  { _tag: "Check", invoiceId },
  { _tag: "Cancel", invoiceId },
  { _tag: "Again", invoiceId },
  { _tag: "Products", offset: 9999 },
  { _tag: "Category", categoryId: CategoryId.make("b".repeat(32)), offset: 9999 },
  { _tag: "Settings" },
  { _tag: "Clocks" },
  { _tag: "Speak", language: "ru" },
  { _tag: "Clock", utcOffset: -210 },
]

describe("the data of a button", () => {
  it("is read back as what was written, and takes at most the 64 bytes that Telegram allows", () => {
    for (const action of actions) {
      assert.deepStrictEqual(decode(encode(action)), action)
      assert.isAtMost(Buffer.byteLength(encode(action)), 64)
    }
    assert.strictEqual(new Set(actions.map(encode)).size, actions.length)
    assert.sameMembers(
      actions.map(({ _tag }) => _tag),
      [...tags],
    )
    assert.strictEqual(new Set(Object.values(codes)).size, actions.length)
  })

  it("is nothing when it is not of our making", () => {
    const forged = [
      ["", "q", ":", "c", "c:", "c:inv_1", `c:${invoiceId}x`, `c:${invoiceId}:1`, `C:${invoiceId}`, `c: ${invoiceId}`],
      ["b:", "b:Ä", "b:../../etc", `b:${productId}a`, "l:", "l:-1", "l:1.5", "l:99999", "l:1e3", "x".repeat(64), "m\n"],
      [
        "m:",
        "m:1",
        "l:01",
        "n:-0",
        "g:a",
        "g:a:",
        "g::0",
        "g:a:1:2",
        "v:de",
        "v:EN",
        "t:",
        "t:1",
        "t:1e2",
        "t:99999",
        "!s",
      ],
    ].flat()
    for (const data of forged) assert.isUndefined(decode(data), JSON.stringify(data))
  })
})
