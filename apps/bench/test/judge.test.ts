import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { type Expected, judge, type Payment } from "../src/messages/judge.ts"
import type { Call } from "../src/messages/telegram.ts"

const payments: ReadonlyArray<Payment> = [0, 1, 2, 3].map((n) => ({
  invoiceId: `inv_${n}`,
  chatId: `${n}`,
  acceptedAtMs: n * 1000,
}))

type Said = Pick<Call, "atMs" | "method" | "answer"> & { readonly chat: number; readonly text: string }

const calls = (said: ReadonlyArray<Said>): ReadonlyArray<Call> =>
  said
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ chat, text, ...call }, number) => ({
      number,
      ...call,
      parameters: { chat_id: `${chat}`, message_id: `${chat}`, text },
    }))

const receipt = (chat: number, atMs: number): Said => ({ method: "editMessageText", chat, text: "Paid", atMs })
const goods = (chat: number, atMs: number): Said => ({ method: "sendMessage", chat, text: "Your tea: GT-625.", atMs })
const news = (chat: number, atMs: number): Said => ({ method: "sendMessage", chat, text: "How it works", atMs })

/** Each receipt 50 ms after its payment, its goods a second later and the news at the end. */
const receipts = payments.map(({ acceptedAtMs }, chat) => receipt(chat, acceptedAtMs + 50))
const delivered = payments.map(({ acceptedAtMs }, chat) => goods(chat, acceptedAtMs + 1050))
const changes = payments.map(({ acceptedAtMs }, chat) => receipt(chat, acceptedAtMs + 2050))
const told = payments.map((_, chat) => news(chat, 20_000 + chat))
const well = [...receipts, ...delivered, ...changes, ...told]

const judged = (said: ReadonlyArray<Said>, expected: Partial<Expected> = {}) =>
  judge(calls(said), payments, { goods: true, news: 4, queued: true, ...expected })

describe("what the calls of the bot show", () => {
  it("is how long each customer waited for the first change that says it is paid", () => {
    assert.deepStrictEqual(judged(well), [50, 50, 50, 50])
  })

  it("is nothing when a payment was not shown", () => {
    const silent = well.filter(({ chat, method }) => chat !== 2 || method !== "editMessageText")
    assert.strictEqual(judged(silent), "inv_2 was not shown as paid")
  })

  it("is nothing when goods were lost, or sent twice", () => {
    assert.strictEqual(judged(well.filter((one) => one !== delivered[1])), "4 payments, and goods were sent 3 times")
    assert.strictEqual(judged([...well, goods(1, 9000)]), "4 payments, and goods were sent 5 times")
    assert.isArray(
      judged(
        well.filter((one) => !delivered.includes(one)),
        { goods: false },
      ),
    )
  })

  it("is nothing when news were lost, or went before receipts", () => {
    assert.strictEqual(judged(well.slice(0, -1)), "news to 4, and they were sent 3 times")
    const early = [...receipts, ...delivered, ...[0, 1, 2, 3].map((chat) => news(chat, 10 + chat))]
    assert.strictEqual(judged(early), "news went to 4 before the last receipt")
  })

  it("is nothing when Telegram found a call too fast", () => {
    const refused = { ...goods(0, 900), answer: { ok: false, error_code: 429 } }
    assert.strictEqual(judged([...well, refused]), "1 calls were too fast")
  })

  it("is nothing when a receipt was overtaken, unless its chat had a message just before", () => {
    const late = [receipt(0, 2900), ...receipts.slice(1), ...delivered.slice(1), goods(0, 5000), ...told]
    assert.strictEqual(judged(late), "1 receipts were overtaken by later ones")
    assert.deepStrictEqual(judged([...late, { ...news(0, 10), text: "another message" }]), [2900, 50, 50, 50])
  })
})
