/** What the staff does in the bot: looks, decides, and is told what needs them. */
import { assert, layer } from "@effect/vitest"
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import * as Metadata from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import * as Proposals from "@paylog/payments/Proposals"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect } from "effect"
import { encode, sealOf } from "../src/owner/Press.ts"
import { about, buttonsOf, pay } from "./support/shop.ts"
import { awaiting, heldInvoice, paidInvoice } from "./support/sold.ts"
import { followed, member, startStaffBot, staffWorld } from "./support/staff.ts"
import { count, eventually } from "./support/eventually.ts"

const numberOf = (invoiceId: Invoice.InvoiceId) => invoiceId.slice(4, 12).toUpperCase()

const eventsOf = (invoiceId: Invoice.InvoiceId) =>
  EventStore.use((store) => store.readStream(Invoice.stream(invoiceId)))

const typesOf = (invoiceId: Invoice.InvoiceId) => Effect.map(eventsOf(invoiceId), (all) => all.map(({ type }) => type))

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("an owner", (it) => {
  it.effect("looks at an invoice by the number that its customer sees, with its history", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const ann = yield* member("Ann")
      const invoiceId = yield* paidInvoice
      yield* followed
      yield* eventually(() =>
        Effect.map(
          count(`select count(*) from payments.invoices where status = 'Paid' and invoice_id = '${invoiceId}'`),
          (n) => n === 1,
        ),
      )
      yield* ann.send(`/invoice ${numberOf(invoiceId)}`)
      const shown = yield* ann.message("Paid", invoiceId, "The invoice is paid.", "12.51 USDT")
      assert.match(
        shown.text,
        /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} The invoice of 12\.50 USD was issued, to be paid by/,
      )
      assert.include(shown.text, "Payment 1 paid the invoice")
      assert.includeMembers([...buttonsOf(shown)], ["Give back payment 1", "Payment 1 does not pay"])
      yield* ann.send(`/invoice ${invoiceId}`)
      yield* ann.see(({ messages }) => messages.at(-1)?.text.includes(invoiceId))
      yield* ann.send("/invoice NOSUCH")
      yield* ann.message("There is no such invoice")
      yield* ann.send("/invoice")
      yield* ann.message("Which one?")
    }),
  )

  it.effect("sees what was sold, and what needs a person", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const ann = yield* member("Ann")
      const invoiceId = yield* heldInvoice
      yield* followed
      yield* ann.send("/stats")
      const numbers = yield* ann.message("Numbers", "Today (UTC)", "30 days", "Needs a person")
      assert.match(numbers.text, /\d+ invoices?, \d+ \(\d+ %\) of them paid/)
      assert.match(numbers.text, /Held money: \d+ · [\d.]+ USDT/)
      yield* ann.press({ text: "What is open" })
      yield* ann.message("What needs a person", "Held money · 12.51 USDT")
      assert.isDefined(invoiceId)
    }),
  )

  it.effect("is told of held money once, and accepts it with a reason", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const ann = yield* member("Ann")
      const invoiceId = yield* heldInvoice
      const told = yield* ann.message("Held money", invoiceId, "s price is not the invoice's")
      yield* ann.press({ text: "Accept payment 1", messageId: told.message_id })
      const asked = yield* ann.message("Accept the payment as the invoice's", invoiceId, "Why?")
      assert.strictEqual(asked.message_id, told.message_id)
      assert.strictEqual(yield* ann.ask({ text: "Agreed with the customer" }), "Done.")
      yield* ann.message("Paid", invoiceId, "“Agreed with the customer”")
      const accepted = (yield* eventsOf(invoiceId)).find(({ type }) => type === "HeldPaymentAccepted")
      assert.isDefined(accepted)
      const { actor, source, correlationId } = Metadata.of(accepted)
      assert.deepStrictEqual([actor, source], [{ kind: "Staff", id: ann.staffId }, "Bot"])
      assert.match(correlationId, /^update\/\d+\/\d+$/)
      assert.notInclude(`${accepted.data}${accepted.metadata}`, String(ann.id))
      // Once each.
      const { messages } = yield* ann.chat
      assert.lengthOf(
        messages.filter(({ earlier, text }) =>
          [...earlier, { text }].some((one) => one.text.includes("🔔") && one.text.includes(invoiceId)),
        ),
        1,
      )
    }),
  )

  it.effect("asks for a refund with a written reason; another one is shown all of it, sends it, and says how", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben", { language: "ru" })]
      const invoiceId = yield* paidInvoice
      yield* ann.send(`/invoice ${invoiceId}`)
      yield* ann.message("Paid", invoiceId)
      yield* ann.press({ text: "Give back payment 1" })
      yield* ann.message("Ask for the money to go back", "12.51 USDT", "Why?")
      yield* ann.send("The cup was broken, says customer 5000000001")
      const mine = yield* ann.message("paylog-refund/1", invoiceId, "You asked for it: another person")
      assert.notInclude([...buttonsOf(mine)], "✅ I send it")
      const state = yield* Invoices.get(invoiceId)
      assert(state._tag === "RefundPending")
      const theirs = yield* ben.message(
        "Возврат ждёт второго человека",
        "12,51 USDT",
        state.terms.customerId,
        "Просит Ann",
        "reason: The cup was broken, says customer #",
        "Отпечаток",
      )
      yield* ben.press({ text: "✅ Отправляю", messageId: theirs.message_id })
      yield* ben.message("Как вы их отправили?")
      yield* ben.press({ text: "Перевод в Wallet" })
      yield* ben.message("как это найти")
      yield* ben.send("T-4711")
      yield* ben.message("Записать T-4711")
      assert.notInclude(yield* typesOf(invoiceId), "RefundRecorded")
      yield* ben.press({ text: "✅ Записать" })
      yield* ben.message("Это сделано.", "paylog-refund/1")
      const recorded = (yield* eventsOf(invoiceId)).find(({ type }) => type === "RefundRecorded")
      assert.include(recorded?.data, '"way":"transfer in Wallet","reference":"T-4711"')
      assert.include(recorded?.data, `"by":"${ben.staffId}"`)
      // A second press of the old button does nothing.
      const { callback_data: data = "" } = mine.reply_markup?.inline_keyboard[0]?.[0] ?? {}
      yield* ann.press({ data, messageId: mine.message_id, forged: true })
      yield* ann.message("It is done.")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Refunded")
    }),
  )

  it.effect(
    "takes a refund before they send it: nobody else sends it, and nobody withdraws it, until it was not sent",
    () =>
      Effect.gen(function* () {
        yield* startStaffBot
        const [ann, ben, cam] = [yield* member("Ann"), yield* member("Ben"), yield* member("Cam", { language: "ru" })]
        const invoiceId = yield* paidInvoice
        yield* ann.send(`/invoice ${invoiceId}`)
        yield* ann.message("Paid", invoiceId)
        yield* ann.press({ text: "Give back payment 1" })
        yield* ann.message("Why?")
        yield* ann.press({ text: "The customer asked for it" })
        const mine = yield* ann.message("paylog-refund/1", invoiceId)
        const [bens, cams] = [
          yield* ben.message("A refund waits", invoiceId),
          yield* cam.message("Возврат ждёт", invoiceId),
        ]
        const press = (message: typeof bens) => message.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? ""
        const withdraw = press(mine)
        yield* ben.press({ text: "✅ I send it", messageId: bens.message_id })
        yield* ben.message("How did you send it?")
        // All who were asked see it, and no button that is left does anything.
        const shown = yield* cam.see(({ messages }) =>
          messages.find((one) => one.message_id === cams.message_id && one.text.includes("Возврат отправляет Ben")),
        )
        assert.deepStrictEqual(buttonsOf(shown), ["Счёт", "Что ждёт", "Цифры"])
        yield* ann.see(({ messages }) =>
          messages.find((one) => one.message_id === mine.message_id && one.text.includes("Ben sends this refund")),
        )
        assert.include(
          yield* cam.ask({ data: press(cams), messageId: cams.message_id, forged: true }),
          `being sent by ${ben.staffId}`,
        )
        yield* ann.ask({ data: withdraw, messageId: mine.message_id, forged: true })
        const { messages } = yield* ann.chat
        assert.isFalse(messages.some(({ text }) => text.includes("Withdraw the refund: nothing is sent")))
        // What was begun before Ben took it does not go past him either.
        const request = (yield* eventsOf(invoiceId)).find(({ type }) => type === "RefundRequested")
        const { refundId } = JSON.parse(request?.data ?? "{}")
        const late = encode({ _tag: "OnRefund", what: "Withdraw", id: refundId })
        yield* ann.press({ data: late, messageId: mine.message_id, forged: true })
        yield* ann.message("Withdraw the refund: nothing is sent")
        yield* ann.press({ text: "Asked for by mistake" })
        yield* ann.message("It was not done", `being sent by ${ben.staffId}`)
        const other = encode({ _tag: "OnRefund", what: "NotSent", id: refundId })
        assert.include(
          yield* cam.ask({ data: other, messageId: cams.message_id, forged: true }),
          `being sent by ${ben.staffId}`,
        )
        yield* ben.press({ text: "I did not send it" })
        const again = yield* cam.see(({ messages }) =>
          messages.find((one) => one.message_id === cams.message_id && one.text.includes("Возврат ждёт")),
        )
        yield* cam.press({ text: "✅ Отправляю", messageId: again.message_id })
        yield* cam.press({ text: yield* Effect.as(cam.message("Как вы их отправили?"), "Банковский перевод") })
        yield* cam.message("как это найти")
        yield* cam.send("T-1")
        yield* cam.message("Записать T-1")
        yield* cam.press({ text: "✅ Записать" })
        yield* cam.message("Это сделано.")
        assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Refunded")
        assert.deepStrictEqual(
          (yield* typesOf(invoiceId)).filter((type) => type.startsWith("Refund")),
          ["RefundRequested", "RefundTaken", "RefundDropped", "RefundTaken", "RefundRecorded"],
        )
      }),
  )

  it.effect("is asked whether what they write is how the money is found again, however long they take", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
      const invoiceId = yield* paidInvoice
      yield* Refunds.request(Invoice.stream(invoiceId), { payment: 1 }, { by: ann.staffId, reason: "a test" })
      yield* ben.message("A refund waits", invoiceId)
      yield* ben.press({ text: "✅ I send it" })
      yield* ben.message("How did you send it?")
      yield* ben.send("wait a sec")
      yield* ben.see(({ messages }) => messages.at(-1)?.text.includes("How did you send it?"))
      yield* ben.press({ text: "Transfer in Wallet" })
      yield* ben.message("how it can be found again")
      const { query } = yield* Database
      yield* query({
        name: "test-days-pass",
        text: "update bot.staff_drafts set created_at = created_at - interval '3 days'",
      })
      // Somebody else's act forgets what is old.
      yield* ann.send(`/invoice ${invoiceId}`)
      yield* ben.send("wait a sec")
      yield* ben.message("Record wait a sec as")
      yield* ben.send("T-4711")
      yield* ben.message("Record T-4711 as")
      assert.notInclude(yield* typesOf(invoiceId), "RefundRecorded")
      assert.strictEqual(yield* ben.ask({ text: "✅ Record it" }), "Done.")
      const recorded = (yield* eventsOf(invoiceId)).find(({ type }) => type === "RefundRecorded")
      assert.include(recorded?.data, '"way":"transfer in Wallet","reference":"T-4711"')
    }),
  )

  it.effect("withdraws a refund of another one, who is told", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
      const invoiceId = yield* heldInvoice
      yield* ann.message("Held money", invoiceId)
      yield* ann.press({ text: "Give back payment 1" })
      yield* ann.message("Why?")
      yield* ann.press({ text: "Meant for something else" })
      yield* ben.message("A refund waits", invoiceId)
      yield* ben.press({ text: "✖️ Decline" })
      yield* ben.message("Withdraw the refund")
      yield* ben.press({ text: "Asked for by mistake" })
      yield* ben.message("It was withdrawn")
      yield* ann.message("Ben did not approve this", invoiceId)
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Held")
    }),
  )

  it.effect("proposes a correction; another one approves exactly what they read, and nobody their own", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
      const invoiceId = yield* paidInvoice
      yield* ann.send(`/invoice ${invoiceId}`)
      yield* ann.message("Paid", invoiceId)
      yield* ann.press({ text: "Payment 1 does not pay" })
      yield* ann.message("Propose that the payment does not pay", "Why?")
      assert.strictEqual(yield* ann.ask({ text: "As the provider says" }), "Done.")
      const mine = yield* ann.message("paylog-proposal/1", "correction: HoldPayment", "You asked for it")
      const theirs = yield* ben.message(
        "paylog-proposal/1",
        `stream: invoice-${invoiceId}`,
        "gross: 12.510000 USDT",
        `by: ${ann.staffId}`,
      )
      const data = theirs.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? ""
      assert.match(data, /^!:p:pro_[0-9a-z]{20}:[0-9a-f]{32}$/)
      // Of another text: a proposal that is not this one any more.
      const other = data.replace(/[0-9a-f]{32}$/, "0".repeat(32))
      assert.include(yield* ben.ask({ data: other, messageId: theirs.message_id, forged: true }), "of another text")
      assert.include(
        yield* ann.ask({ data, messageId: mine.message_id, forged: true }),
        "Another person has to do this",
      )
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
      assert.strictEqual(yield* ben.ask({ data, messageId: theirs.message_id, forged: true }), "Done.")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Held")
      yield* ben.see(({ messages }) =>
        messages.find((one) => one.message_id === theirs.message_id && one.text.includes("It is done.")),
      )
    }),
  )

  it.effect(
    "declines a proposal for good: whoever made it is told, whoever was asked sees it, and nothing changes",
    () =>
      Effect.gen(function* () {
        yield* startStaffBot
        const [ann, ben, cam] = [yield* member("Ann"), yield* member("Ben"), yield* member("Cam")]
        const invoiceId = yield* paidInvoice
        yield* Proposals.proposeCorrection(
          invoiceId,
          { _tag: "ReleasePayment", payment: 1 },
          { by: ann.staffId, reason: "another's" },
        )
        const asked = yield* ben.message("correction: ReleasePayment", invoiceId)
        const waiting = yield* cam.message("A proposal waits", "correction: ReleasePayment", invoiceId)
        yield* ben.press({ text: "✖️ Decline", messageId: asked.message_id })
        yield* ben.message("Decline the proposal", "Why?")
        assert.strictEqual(yield* ben.ask({ text: "It is not right as it stands" }), "Done.")
        yield* ben.message("The proposal was declined by Ben", "nobody can approve it any more")
        yield* ann.message("Ben did not approve this", invoiceId)
        // Whoever else was asked sees it in the same message, and has no button that would still do something.
        const over = yield* cam.see(({ messages }) =>
          messages.find((one) => one.message_id === waiting.message_id && one.text.includes("declined by Ben")),
        )
        assert.deepStrictEqual(buttonsOf(over), ["The invoice", "What is open", "Numbers"])
        const { callback_data: data = "" } = waiting.reply_markup?.inline_keyboard[0]?.[0] ?? {}
        const forced = yield* cam.ask({ data, messageId: waiting.message_id, forged: true })
        assert.include(forced, `was declined by ${ben.staffId}`)
        assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
        const [declined] = (yield* eventsOf(invoiceId)).filter(({ type }) => type === "ProposalDeclined")
        assert.include(declined?.data, '"reason":"It is not right as it stands"')
      }),
  )

  it.effect(
    "sees in the message that asked them that another one has approved, and takes back what was their own",
    () =>
      Effect.gen(function* () {
        yield* startStaffBot
        const [ann, ben, cam] = [yield* member("Ann"), yield* member("Ben"), yield* member("Cam", { language: "ru" })]
        const invoiceId = yield* paidInvoice
        const propose = (by: typeof ann) =>
          Proposals.proposeCorrection(
            invoiceId,
            { _tag: "HoldPayment", payment: 1 },
            { by: by.staffId, reason: "a test" },
          )
        const first = yield* propose(ann)
        yield* followed
        const theirs = yield* cam.message("Предложение ждёт", first.proposalId)
        yield* ann.send(`/invoice ${invoiceId}`)
        const mine = yield* ann.message("Paid", invoiceId)
        yield* ann.press({ text: "A proposal to approve", messageId: mine.message_id })
        yield* ann.message(first.proposalId, "You asked for it")
        yield* ann.press({ text: "Take it back" })
        yield* ann.message("Decline the proposal")
        assert.strictEqual(yield* ann.ask({ text: "Asked for by mistake" }), "Done.")
        yield* ann.message("The proposal was taken back by Ann")
        yield* cam.see(({ messages }) =>
          messages.find(
            (one) => one.message_id === theirs.message_id && one.text.includes("Предложение отозвано: Ann"),
          ),
        )
        const second = yield* propose(ann)
        yield* followed
        const again = yield* cam.message("Предложение ждёт", second.proposalId)
        yield* ben.message("A proposal waits", second.proposalId)
        assert.strictEqual(yield* ben.ask({ text: "✅ Approve" }), "Done.")
        yield* ben.message("The proposal was approved by Ben", second.proposalId)
        yield* cam.see(({ messages }) =>
          messages.find((one) => one.message_id === again.message_id && one.text.includes("Предложение одобрено: Ben")),
        )
        assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Held")
      }),
  )

  it.effect("cannot approve a proposal that has expired, and is told so", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
      const invoiceId = yield* paidInvoice
      const { proposalId, digest } = yield* Proposals.proposeCorrection(
        invoiceId,
        { _tag: "HoldPayment", payment: 1 },
        { by: ann.staffId, reason: "a test" },
        { hours: 0.3 / 3600 },
      )
      yield* followed
      yield* Effect.sleep("400 millis")
      const { message_id: messageId } = yield* ben.message("You are linked")
      const data = encode({ _tag: "Approve", id: proposalId, seal: sealOf(digest) })
      assert.include(yield* ben.ask({ data, messageId, forged: true }), "this one is until")
      yield* ben.message("It has expired")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Paid")
    }),
  )

  it.effect("and another one approve at once: one approval", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben, cam] = [yield* member("Ann"), yield* member("Ben"), yield* member("Cam")]
      const places = new Map<number, number>()
      for (const one of [ben, cam]) places.set(one.id, (yield* one.message("You are linked")).message_id)
      for (let round = 0; round < 3; round++) {
        const invoiceId = yield* paidInvoice
        const { proposalId, digest } = yield* Proposals.proposeCorrection(
          invoiceId,
          { _tag: "HoldPayment", payment: 1 },
          { by: ann.staffId, reason: "a race" },
        )
        yield* followed
        const data = encode({ _tag: "Approve", id: proposalId, seal: sealOf(digest) })
        const press = (one: typeof ben) => one.ask({ data, messageId: places.get(one.id) ?? 0, forged: true })
        const toasts = yield* Effect.all([press(ben), press(cam)], { concurrency: "unbounded" })
        assert.lengthOf(
          toasts.filter((toast) => toast === "Done."),
          1,
          toasts.join(),
        )
        assert.lengthOf(
          (yield* typesOf(invoiceId)).filter((type) => type === "CorrectionApproved"),
          1,
        )
      }
    }),
  )

  it.effect("assigns unmatched money to an invoice, with a second person", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
      const invoiceId = yield* awaiting
      const orderId = (yield* Ids.actId).slice(4)
      const payment = {
        provider: "wallet-pay",
        orderId,
        orderAmount: Money.of("USD", 1250n),
        gross: Money.of("USDT", 12_510_000n),
        fee: Money.of("USDT", 125_100n),
        net: Money.of("USDT", 12_384_900n),
        rate: "1.0008",
        completedAt: yield* DateTime.now,
      }
      yield* observe({ _tag: "PaymentCompleted", externalId: "stranger", payment }, { provider: "wallet-pay", about })
      yield* ann.message("Money of no invoice", "12.51 USDT", orderId)
      yield* ann.press({ text: "Assign to an invoice" })
      yield* ann.message("Write the invoice's number")
      yield* ann.send(invoiceId)
      yield* ann.message("Propose that the money is an invoice's", invoiceId, "Why?")
      yield* ann.press({ text: "Agreed with the customer" })
      yield* ben.message("assignment: AssignPayment", invoiceId)
      assert.strictEqual(yield* ben.ask({ text: "✅ Approve" }), "Done.")
      const state = yield* Invoices.get(invoiceId)
      assert(state._tag !== "Absent")
      assert.lengthOf(state.payments, 1)
    }),
  )

  it.effect("presses a button that is over, drops what was begun, and writes what is no reason", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const ann = yield* member("Ann")
      const invoiceId = yield* heldInvoice
      const told = yield* ann.message("Held money", invoiceId)
      const { message_id: messageId } = told
      yield* ann.press({ text: "Accept payment 1", messageId })
      const asked = yield* ann.message("Why?", invoiceId)
      const because = asked.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? ""
      yield* ann.send("two\nlines")
      yield* ann.message("1 to 255 characters")
      assert.strictEqual(yield* ann.ask({ text: "Do nothing", messageId }), "Nothing was done.")
      assert.include(yield* ann.ask({ data: because, messageId, forged: true }), "This is over")
      // There is nothing begun: what is written is what anybody writes.
      yield* ann.send("agreed")
      yield* ann.message("I did not understand that")
      assert.strictEqual((yield* Invoices.get(invoiceId))._tag, "Held")
    }),
  )

  it.effect("is told of parked streams and updates, and of what does not add up", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const ann = yield* member("Ann")
      const { query } = yield* Database
      yield* query({
        name: "test-park",
        text: `insert into paylog.parked (follower, stream, position, version, reason)
               values ('open-items', 'invoice-inv_x', 1, 1, 'a test')`,
      })
      yield* ann.message("A stream is parked", "invoice-inv_x", "paylog unpark")
      yield* query({ name: "test-unpark", text: "delete from paylog.parked where reason = 'a test'" })
      const invoiceId = yield* awaiting
      yield* pay(invoiceId, { fee: Money.of("USDT", 1n) })
      yield* ann.message("A payment does not add up", invoiceId)
    }),
  )
})

layer(staffWorld(), { excludeTestServices: true, timeout: "60 seconds" })("alarms", (it) => {
  it.effect("wait for an owner, are one message when they are many, and are told to no support", () =>
    Effect.gen(function* () {
      yield* startStaffBot
      const cam = yield* member("Cam", { role: "support" })
      for (let n = 0; n < 7; n++) yield* heldInvoice
      yield* followed
      const before = (yield* cam.chat).messages.length
      const ann = yield* member("Ann")
      yield* ann.message("7 things need a person")
      yield* ann.send("/open")
      const open = yield* ann.message("What needs a person", "5. Held money")
      assert.deepStrictEqual(buttonsOf(open), ["1", "2", "3", "4", "5", "More ▶"])
      yield* ann.press({ text: "More ▶" })
      yield* ann.message("What needs a person", "7. Held money")
      yield* ann.press({ text: "6" })
      const item = yield* ann.message("Held money", "Since")
      assert.include([...buttonsOf(item)], "Accept payment 1")
      assert.lengthOf((yield* cam.chat).messages, before)
      assert.strictEqual(yield* count("select count(*) from bot.told_alarms"), 7)
      assert.isTrue((yield* Staff.reachable).length >= 2)
    }),
  )
})
