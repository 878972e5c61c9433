/** `show`, `timeline`, `at`, `diff`, `explain`: one invoice, as anybody can follow it. */
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Invoices from "@paylog/payments/Invoices"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Staff from "@paylog/payments/Staff"
import { Clock, DateTime, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { inProcess } from "./support/inProcess.ts"
import { following, invoice, orderPaid, pay } from "./support/money.ts"
import { paylog, world, World } from "./support/paylog.ts"
import { randomUUID } from "node:crypto"

const head = EventStore.use((store) => store.head)
const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))
const json = (args: ReadonlyArray<string>) =>
  Effect.map(inProcess([...args, "--json"]), ({ code, out, err }) => {
    assert.strictEqual(code, 0, err)
    return JSON.parse(out)
  })

/** Its order is open. */
const opened = Effect.fnUntraced(function* (invoiceId: InvoiceId) {
  const now = yield* DateTime.now
  yield* Invoices.command(
    invoiceId,
    "opened",
    {
      _tag: "RecordOrderOpened",
      provider: "wallet-pay",
      order: {
        orderId: `77${invoiceId.slice(-6).charCodeAt(0)}${yield* Clock.currentTimeMillis}`,
        number: `N${invoiceId.slice(-8).toUpperCase()}`,
        payLink: "https://t.me/wallet?startattach=1",
        directPayLink: "https://t.me/wallet/start?startapp=1",
        expiresAt: DateTime.add(now, { minutes: 30 }),
      },
    },
    { actor: { kind: "Worker", id: "open-order" }, source: "Worker", correlationId: "test" },
  )
})

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })("an invoice", (it) => {
  it.effect("is shown as it is, as it was, with what changed, and why", () =>
    Effect.gen(function* () {
      const staff = yield* Staff.add({ name: "Ann", login: undefined })
      const id = yield* invoice
      const issuedTo = yield* head
      yield* opened(id)
      const opensAt = yield* head
      const short = { orderAmount: Money.of("USD", 1249n) }
      const { orderId } = yield* pay(id, short)
      const heldAt = yield* head
      yield* HeldMoney.accept(id, 1, { by: staff.staffId, reason: "One cent short" })

      const shown = yield* json(["show", id])
      assert.deepInclude(shown, { invoiceId: id, status: "Paid", version: 6, customerId: "cus_00000000000000000000" })
      assert.deepStrictEqual(shown.amount, { currency: "USD", amount: "12.50", isExact: true })
      assert.strictEqual(shown.payments[0].orderId, orderId)
      assert.deepStrictEqual(shown.obligations, [])
      const text = yield* inProcess(["show", id])
      assert.match(
        text.out,
        new RegExp(`^${id} is Paid\\. The invoice is paid\\.\n\nfor +Green tea × 2\namount +12\\.50 USD\n`),
      )

      // As of each position, a state: before it, there was none.
      for (const [point, status] of [
        [issuedTo, "Requested"],
        [opensAt, "AwaitingPayment"],
        [heldAt, "Held"],
      ] as const)
        assert.strictEqual((yield* json(["at", String(point), id])).status, status)
      const none = yield* inProcess(["at", "0", id])
      assert.strictEqual(none.code, 3)
      assert.match(none.err, /was not there yet at position 0: it was issued at position \d+, 20/)

      const { changes } = yield* json(["diff", id, String(opensAt), String(heldAt)])
      const status = changes.find(({ field }: { field: string }) => field === "status")
      assert.deepStrictEqual(status, {
        field: "status",
        from: "AwaitingPayment",
        to: "Held",
        by: [{ position: String(heldAt), type: "PaymentHeld" }],
      })
      assert.include(
        changes.map(({ field, to }: { field: string; to: string }) => `${field} ${to}`),
        "payments[1].gross 12.500000 USDT",
      )
      const same = yield* inProcess(["diff", id, String(heldAt), String(heldAt)])
      assert.match(same.out, /did not change between position/)
      assert.strictEqual((yield* inProcess(["diff", id, String(heldAt), "1"])).code, 2)

      const timeline = yield* json(["timeline", id])
      const types = timeline.events.map(({ type }: { type: string }) => type)
      assert.deepStrictEqual(types, [
        "InvoiceIssued",
        "ProviderOrderRequested",
        "ProviderOrderOpened",
        "PaymentReceived",
        "PaymentHeld",
        "HeldPaymentAccepted",
      ])
      assert.deepInclude(timeline.events.at(-1), {
        who: { kind: "Staff", id: staff.staffId },
        why: "One cent short",
        source: "Manual",
      })
      const lines = yield* inProcess(["timeline", id])
      assert.match(lines.out, /Payment 1 was held: its price is not the invoice's/)
      assert.match(lines.out, new RegExp(`\n {2}why: One cent short\n {2}${staff.staffId} of the staff, by command`))

      const explained = yield* inProcess(["explain", id])
      assert.match(
        explained.out,
        /Z, stf_\w+ of the staff, by command, who said: “One cent short”: .* was accepted as the invoice's\.\n/,
      )
      assert.include(explained.out, "A worker of the bot delivers what was paid for.")
      const { next } = yield* json(["explain", yield* held])
      assert.match(next[0], /waits for somebody's decision.*paylog held accept inv_\w+ --payment 1/)
    }),
  )

  it.effect("is found by its order's number and id, once the read model has it", () =>
    Effect.gen(function* () {
      yield* following
      const id = yield* invoice
      yield* opened(id)
      const runner = yield* FollowerRunner
      yield* runner.awaitBookmark("invoices", yield* head, "20 seconds")
      const { order } = yield* json(["show", id])
      for (const name of [order.number, order.orderId])
        assert.strictEqual((yield* json(["show", name])).invoiceId, id, name)
      const unknown = yield* inProcess(["show", "ZZZZ"])
      assert.deepInclude(unknown, { code: 3, out: "" })
      assert.match(unknown.err, /^No invoice has an order ZZZZ, as far as the read model has come/)
    }).pipe(Effect.scoped),
  )

  it.effect("names the delivery that an event came from, and whether its bytes are there", () =>
    Effect.gen(function* () {
      const id = yield* invoice
      const body = Buffer.from(`[${orderPaid(id)}]`)
      const completedAt = yield* DateTime.now
      const money = {
        orderAmount: Money.of("USD", 1250n),
        gross: Money.of("USDT", 3n),
        fee: Money.of("USDT", 1n),
        net: Money.of("USDT", 2n),
      }
      yield* recordDelivery(
        "wallet-pay",
        { method: "POST", headers: {}, body },
        {
          evidence: body,
          items: [
            {
              _tag: "Understood",
              eventId: "10030467668508999",
              observation: {
                _tag: "PaymentCompleted",
                externalId: id,
                payment: { provider: "wallet-pay", orderId: "99", ...money, rate: "1", completedAt },
              },
            },
          ],
        },
      )
      const before = yield* inProcess(["timeline", id])
      assert.match(
        before.out,
        /the provider's event 10030467668508999, correlation delivery-[0-9a-f]{64}\n {2}delivery [0-9a-f]{64}, its bytes are kept/,
      )
      yield* sql("select paylog.erase_attachment(digest) from paylog.attachments")
      assert.match((yield* inProcess(["timeline", id])).out, /its bytes are erased/)
    }),
  )

  it.effect("is asked for in a wrong way, or is not there: a clear line, and the code that says which", () =>
    Effect.gen(function* () {
      const unknown = "inv_zzzzzzzzzzzzzzzzzzzz"
      const id = yield* invoice
      for (const command of [["show"], ["timeline"], ["at", "1"], ["diff"], ["explain"]]) {
        const rest = command[0] === "diff" ? ["0", "1"] : []
        const none = yield* inProcess([...command, unknown, ...rest])
        assert.deepStrictEqual(none, { code: 3, out: "", err: `There is no invoice ${unknown}\n` })
        const wrong = yield* inProcess([...command, "inv_short", ...rest])
        assert.strictEqual(wrong.code, 2, command.join(" "))
        const away = { DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/nothing" }
        const unreachable = yield* inProcess([...command, id, ...rest], away)
        assert.strictEqual(unreachable.code, 1, command.join(" "))
        assert.match(unreachable.err, /^The log is out of reach: [^\n]+\n$/)
        assert.strictEqual((yield* inProcess([...command, id, ...rest], {})).code, 2, command.join(" "))
      }
      for (const point of ["yesterday", "-1", "1.5", "2026-02-31"])
        assert.strictEqual((yield* inProcess(["at", "--", point, id])).code, 2, point)
      const later = yield* inProcess(["at", "1000000", id])
      assert.deepInclude(later, { code: 4, out: "" })
      assert.match(later.err, /^The log is at position \d+, not yet at 1000000\n$/)
      const future = yield* inProcess(["at", "9000-01-01", id])
      assert.deepStrictEqual([future.code, future.err], [2, "9000-01-01T00:00:00.000Z is still to come\n"])
    }),
  )

  it.effect("is read by a login that may only read, in a transaction that cannot write", () =>
    Effect.gen(function* () {
      const id = yield* invoice
      for (const groups of ["paylog_read", "paylog_audit"]) {
        const url = new URL((yield* World).url)
        url.username = url.password = `auditor_${randomUUID().replaceAll("-", "")}`
        yield* Effect.acquireRelease(
          sql(`create role ${url.username} login password '${url.username}' in role ${groups}`),
          () => Effect.orDie(sql(`drop role ${url.username}`)),
        )
        for (const command of ["show", "timeline", "explain"]) {
          const ran = yield* inProcess([command, id], { DATABASE_URL: url.href })
          assert.strictEqual(ran.code, 0, ran.err)
        }
      }
      const ran = yield* paylog(["show", id])
      assert.strictEqual(ran.code, 0, ran.err)
    }).pipe(Effect.scoped),
  )
})

const held = Effect.gen(function* () {
  const id = yield* invoice
  yield* pay(id, { orderAmount: Money.of("USD", 1249n) })
  return id
})
