/** Every command and button of the staff, by everybody who may not use it: nothing is done, and nothing is told. */
import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import * as Proposals from "@paylog/payments/Proposals"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import { DateTime, Effect } from "effect"
import { encode, type Press, refOf, sealOf } from "../src/owner/Press.ts"
import * as Request from "../src/owner/Request.ts"
import { count } from "./support/eventually.ts"
import { about, openOrder, pay, person } from "./support/shop.ts"
import { followed, member, startStaffBot, staffWorld } from "./support/staff.ts"

const coffee = { title: "Secret blend", quantity: 1, unitPrice: Money.of("USD", 1250n) }

/** An invoice with held money, and one with a refund and a proposal that wait for a second person. */
const prepared = Effect.gen(function* () {
  const { staffId } = yield* Staff.add({ name: "Zoe", login: undefined })
  const who = { by: staffId, reason: "a test" }
  const issue = Effect.gen(function* () {
    const invoiceId = yield* Invoices.issue(
      {
        customerId: yield* Ids.customerId,
        lines: [coffee],
        payBy: DateTime.add(yield* DateTime.now, { minutes: 30 }),
        policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 120 },
      },
      about,
    )
    yield* openOrder(invoiceId)
    return invoiceId
  })
  const held = yield* issue
  yield* pay(held, { orderAmount: Money.of("USD", 999n) })
  const paid = yield* issue
  yield* pay(paid)
  const { proposalId, digest } = yield* Proposals.proposeCorrection(paid, { _tag: "HoldPayment", payment: 1 }, who)
  const part = Money.of("USDT", 1_000_000n)
  const { refundId } = yield* Refunds.request(Invoice.stream(paid), { payment: 1, amount: part }, who)
  yield* followed
  const refund = yield* Request.get(Invoice.stream(paid), refundId)
  const onInvoice = (what: Extract<Press, { readonly _tag: "OnInvoice" }>["what"]): Press => ({
    _tag: "OnInvoice",
    what,
    invoiceId: held,
    payment: 1,
  })
  const item = { stream: Invoice.stream(held), item: "payment-1" }
  const looks: ReadonlyArray<Press> = [
    { _tag: "Stats" },
    { _tag: "Open", offset: 0 },
    { _tag: "Item", ref: refOf(item) },
    { _tag: "Invoice", invoiceId: held },
    { _tag: "Request", id: proposalId },
  ]
  const acts: ReadonlyArray<Press> = [
    ...(["Accept", "Dismiss", "Refund", "Hold", "Release", "Retry", "Delivered"] as const).map(onInvoice),
    { _tag: "OnItem", what: "Refund", ref: refOf(item) },
    { _tag: "OnRefund", what: "Withdraw", id: refundId },
    { _tag: "Approve", id: proposalId, seal: sealOf(digest) },
    { _tag: "Decline", id: proposalId, seal: sealOf(digest) },
    { _tag: "Approve", id: refundId, seal: sealOf(refund.digest) },
    { _tag: "Decline", id: refundId, seal: sealOf(refund.digest) },
    { _tag: "Because", draftId: "0".repeat(20), reason: "asked" },
    { _tag: "By", draftId: "0".repeat(20), way: "wallet" },
    { _tag: "Drop", draftId: "0".repeat(20) },
  ]
  const commands = ["/stats", "/open", `/invoice ${held}`, "/invoice XYTNJP2O", "/stats@some_bot", "agreed"]
  return { held, paid, looks, acts, commands }
})

/** What only the staff may read. */
const secrets = (invoiceIds: ReadonlyArray<string>) => [
  ...invoiceIds,
  "Secret blend",
  "Numbers",
  "What needs a person",
  "stf_",
  "pro_",
  "rfd_",
  "You may look",
  "Zoe",
]

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("the staff's commands and buttons", (it) => {
  it.effect("are to customers, and to who was of the staff, as if they were not there", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startStaffBot
      const { held, paid, looks, acts, commands } = yield* prepared
      const [gone, unlinked] = [yield* member("Gone"), yield* member("Unlinked")]
      yield* Staff.leave(gone.staffId)
      yield* Staff.unlink(unlinked.staffId)
      const somebody = yield* person()
      yield* somebody.send("/help")
      yield* somebody.message("How it works")
      const before = yield* (yield* EventStore).head
      for (const actor of [somebody, gone, unlinked]) {
        const known = (yield* actor.chat).messages.length
        for (const command of commands) {
          const already = (yield* actor.chat).messages.length
          yield* actor.send(command)
          const told = yield* actor.see(({ messages }) => messages.length >= already + 2 && messages.at(-1))
          assert.include(told.text, "I did not understand that", command)
        }
        const { message_id: messageId } = (yield* actor.chat).messages.findLast(({ from }) => from.is_bot) ?? {
          message_id: 0,
        }
        // As any button that is none of ours.
        const toUnknown = yield* actor.ask({ data: "none of ours", messageId, forged: true })
        for (const press of [...looks, ...acts])
          assert.strictEqual(yield* actor.ask({ data: encode(press), messageId, forged: true }), toUnknown, press._tag)
        // Whatever was still to be sent is sent before this.
        yield* actor.send("/orders")
        yield* actor.message("Your orders")
        const { messages } = yield* actor.chat
        const read = messages
          .slice(known)
          .filter(({ from }) => from.is_bot)
          .flatMap(({ text, earlier }) => [text, ...earlier.map((one) => one.text)])
          .join("\n")
        for (const secret of secrets([held, paid])) assert.notInclude(read, secret)
      }
      const calls = yield* emulator.transcript()
      for (const actor of [somebody, gone, unlinked])
        assert.isFalse(
          calls.some(
            ({ parameters }) =>
              parameters["chat_id"] === String(actor.id) && (parameters["text"] ?? "").includes("Secret blend"),
          ),
        )
      assert.strictEqual(yield* (yield* EventStore).head, before)
      assert.strictEqual(yield* count("select count(*) from bot.staff_drafts"), 0)
    }),
  )

  it.effect("let support look, and decide nothing", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const { held, looks, acts } = yield* prepared
      const cam = yield* member("Cam", { role: "support" })
      const before = yield* (yield* EventStore).head
      const { message_id: messageId } = yield* cam.message("You may look, and decide nothing.")
      for (const press of looks)
        assert.strictEqual(yield* cam.ask({ data: encode(press), messageId, forged: true }), "")
      const shown = yield* cam.message("Held money", held)
      assert.isFalse(JSON.stringify(shown.reply_markup).includes("!:a:"), "no button to decide")
      for (const press of acts)
        assert.strictEqual(
          yield* cam.ask({ data: encode(press), messageId, forged: true }),
          "You may look, and decide nothing.",
          press._tag,
        )
      assert.strictEqual(yield* (yield* EventStore).head, before)
      assert.strictEqual(yield* count("select count(*) from bot.staff_drafts"), 0)
    }),
  )

  it.effect(
    "are refused when they are forged: another one's draft, another text, an invitation that does not hold",
    () =>
      Effect.gen(function* () {
        yield* startStaffBot
        const { held } = yield* prepared
        const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
        yield* ann.send(`/invoice ${held}`)
        yield* ann.message("Held", held)
        yield* ann.press({ text: "Accept payment 1" })
        const asked = yield* ann.message("Why?", held)
        const because = asked.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? ""
        const { message_id: messageId } = yield* ben.message("You are linked")
        assert.include(yield* ben.ask({ data: because, messageId, forged: true }), "This is over")
        assert.strictEqual((yield* Invoices.get(held))._tag, "Held")
        const eve = yield* person()
        yield* eve.send("/start staff_00000000000000000000")
        const welcome = yield* eve.message("Paylog Coffee")
        assert.notInclude(welcome.text, "staff")
      }),
  )
})
