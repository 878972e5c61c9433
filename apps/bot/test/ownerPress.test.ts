import { assert, describe, it } from "@effect/vitest"
import { InvoiceId } from "@paylog/domain/Invoice"
import { ProposalId } from "@paylog/domain/Proposal"
import { RefundId } from "@paylog/domain/Refund"
import { decode, encode, type Press } from "../src/owner/Press.ts"
import { reasons, ways } from "../src/owner/reasons.ts"
import { decode as decodeAction } from "../src/view/Action.ts"
import { languages } from "../src/words/language.ts"
import { ownerWordsIn } from "../src/words/owner/words.ts"

const invoiceId = InvoiceId.make("inv_0123456789abcdefghij")
const id = ProposalId.make("pro_0123456789abcdefghij")
const refundId = RefundId.make("rfd_0123456789abcdefghij")
const [draftId, ref, seal] = ["0123456789abcdefghij", "0".repeat(24), "f".repeat(32)] as const

const presses: ReadonlyArray<Press> = [
  { _tag: "Stats" },
  { _tag: "Open", offset: 9999 },
  { _tag: "Item", ref },
  { _tag: "Invoice", invoiceId },
  { _tag: "Request", id },
  ...(["Accept", "Dismiss", "Refund", "Hold", "Release", "Retry", "Delivered"] as const).map((what): Press => ({
    _tag: "OnInvoice",
    what,
    invoiceId,
    payment: 9999,
  })),
  ...(["Dismiss", "Refund", "Assign"] as const).map((what): Press => ({ _tag: "OnItem", what, ref })),
  ...(["VoidRefund", "Withdraw", "NotSent"] as const).map((what): Press => ({ _tag: "OnRefund", what, id: refundId })),
  { _tag: "Approve", id, seal },
  { _tag: "Decline", id: refundId, seal },
  { _tag: "Because", draftId, reason: "undelivered" },
  { _tag: "By", draftId, way: "wallet" },
  { _tag: "Drop", draftId },
]

describe("a button of the staff", () => {
  it("fits into Telegram's 64 bytes, is read back as it was, and is none of a customer's", () => {
    for (const press of presses) {
      const data = encode(press)
      assert.isAtMost(Buffer.byteLength(data), 64, data)
      assert.deepStrictEqual(decode(data), press)
      assert.isUndefined(decodeAction(data))
    }
    assert.strictEqual(new Set(presses.map(encode)).size, presses.length)
  })

  it("is nothing when it is cut, longer, or of something else", () => {
    for (const press of presses) {
      const data = encode(press)
      // A number that is cut is another number: a button says what is asked for, and gives nobody a right to it.
      const ends = press._tag === "Open" || press._tag === "OnInvoice" ? [] : [data.slice(0, -1)]
      for (const forged of [
        ...ends,
        `${data}:`,
        `${data}0`,
        `${data}:0`,
        data.toUpperCase(),
        data.slice(1),
        ` ${data}`,
      ])
        assert.isUndefined(decode(forged), forged)
    }
    assert.deepStrictEqual(decode("!:l:999"), { _tag: "Open", offset: 999 })
    assert.isUndefined(decode("!:l:0999"))
    for (const data of [
      "",
      "!",
      "!:",
      "!:y:x:toString",
      `!:y:${draftId}:toString`,
      `!:w:${draftId}:constructor`,
      "!:a:z",
    ])
      assert.isUndefined(decode(data), data)
  })
})

const keys = (value: unknown, path = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`))
    : [`${path}: ${typeof value}`]

describe("what the bot says to the staff", () => {
  it("exists in every language, for every reason and way, and is not English in Russian", () => {
    for (const language of languages) {
      assert.deepStrictEqual(keys(ownerWordsIn[language]).toSorted(), keys(ownerWordsIn.en).toSorted(), language)
      assert.hasAllKeys(ownerWordsIn[language].reasons, Object.keys(reasons))
      assert.hasAllKeys(ownerWordsIn[language].ways, Object.keys(ways))
      for (const toast of Object.values(ownerWordsIn[language].toasts)) assert.isAtMost(toast.length, 200)
    }
    const cyrillic = (text: unknown): boolean =>
      typeof text === "object" && text !== null
        ? Object.values(text).every(cyrillic)
        : typeof text !== "string" || text === "" || /[а-яё]/i.test(text)
    assert.isTrue(cyrillic(ownerWordsIn.ru))
    assert.isFalse(cyrillic(ownerWordsIn.en))
  })
})
