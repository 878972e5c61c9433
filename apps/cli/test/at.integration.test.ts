/** An invoice at any point of the log is what it was then: held against snapshots that were taken when they were true. */
import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Ids from "@paylog/payments/Ids"
import * as Invoices from "@paylog/payments/Invoices"
import * as Refunds from "@paylog/payments/Refunds"
import * as Staff from "@paylog/payments/Staff"
import { ConfigProvider, DateTime, Effect, Layer, Random } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Invoice from "@paylog/domain/Invoice"
import { auditing } from "../src/auditing.ts"
import * as invoiceHistory from "../src/invoiceHistory.ts"
import * as invoiceView from "../src/invoiceView.ts"
import * as print from "../src/print.ts"
import { inProcess } from "./support/inProcess.ts"
import { about, invoice, pay } from "./support/money.ts"
import { world, World } from "./support/paylog.ts"

const full = process.env["PAYLOG_FULL"] === "1"
const points = full ? 1000 : 200
const commands = full ? 600 : 150

/** An invoice as it was known when the log's last position was this one. */
interface Snapshot {
  readonly invoiceId: InvoiceId
  readonly position: bigint
  readonly timeMs: number
  readonly json: string
}

const head = EventStore.use((store) => store.head)

const oneOf = <A>(all: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, all.length - 1), (place) => all[place] ?? assert.fail(`There is no ${place}`))

/** One thing that may happen to it; what it is too late or too early for does not. */
const happen = Effect.fnUntraced(function* (invoiceId: InvoiceId, by: Staff.Member["staffId"]) {
  const who = { by, reason: "At random" }
  const now = yield* DateTime.now
  const acts: ReadonlyArray<Effect.Effect<unknown, unknown, Database | EventStore | SecureRandom.SecureRandom>> = [
    Invoices.cancel(invoiceId, about),
    pay(invoiceId),
    pay(invoiceId, { orderAmount: Money.of("USD", 1249n) }),
    pay(invoiceId, { gross: { currency: "GRAM", unread: "7" } }),
    pay(invoiceId, { completedAt: DateTime.add(now, { hours: 2 }) }),
    HeldMoney.accept(invoiceId, 1, who),
    Effect.flatMap(Ids.refundId, (refundId) =>
      Refunds.request(Invoice.stream(invoiceId), { refundId, payment: 1 }, who),
    ),
    Invoices.command(invoiceId, "unknown", { _tag: "RecordOutcomeUnknown", reason: "a time-out", at: now }, about),
  ]
  yield* Effect.exit(yield* oneOf(acts))
})

const take = Effect.fnUntraced(function* (invoiceId: InvoiceId) {
  const state = yield* Invoices.get(invoiceId)
  if (state._tag === "Absent") return assert.fail("There is no invoice")
  const [last] = yield* EventStore.use((store) =>
    store.readStream(Invoice.stream(invoiceId), { direction: "Backwards", limit: 1 }),
  )
  const snapshot: Snapshot = {
    invoiceId,
    position: yield* head,
    timeMs: last?.recordedAtMs ?? 0,
    json: print.jsonText(invoiceView.json(state)),
  }
  return snapshot
})

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })("as of a point", (it) => {
  it.effect(`an invoice is what it was then, at ${points} random points`, () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const { staffId } = yield* Staff.add({ name: "Ann", login: undefined })
      const ids = yield* Effect.replicateEffect(invoice, 10)
      const snapshots: Array<Snapshot> = []
      for (const id of ids) snapshots.push(yield* take(id))
      for (let i = 0; i < commands; i++) {
        const id = yield* oneOf(ids)
        yield* happen(id, staffId)
        snapshots.push(yield* take(id))
      }
      const distinct = new Set<string>()
      yield* auditing((sql) =>
        Effect.gen(function* () {
          for (let i = 0; i < points; i++) {
            const point = yield* oneOf(snapshots)
            const { invoiceId } = yield* oneOf(snapshots)
            const expected = snapshots.findLast((one) => one.invoiceId === invoiceId && one.position <= point.position)
            const history = yield* invoiceHistory.read(sql, invoiceId)
            const at = invoiceHistory.until(sql, history, { _tag: "Position", position: point.position })
            const shown =
              expected === undefined
                ? yield* Effect.as(Effect.flip(at), undefined)
                : print.jsonText(invoiceView.json(invoiceHistory.last(yield* at).after))
            assert.strictEqual(shown, expected?.json, `${invoiceId} at ${point.position}`)
            if (shown !== undefined) distinct.add(shown)
            // As of a time, when nothing else was recorded in that millisecond.
            const then = snapshots.filter((one) => one.invoiceId === point.invoiceId && one.timeMs === point.timeMs)
            if (new Set(then.map(({ json }) => json)).size > 1) continue
            const own = yield* invoiceHistory.read(sql, point.invoiceId)
            const time = DateTime.makeUnsafe(point.timeMs)
            const steps = yield* invoiceHistory.until(sql, own, { _tag: "Time", time })
            assert.strictEqual(print.jsonText(invoiceView.json(invoiceHistory.last(steps).after)), point.json)
          }
        }),
      ).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({ DATABASE_URL: url })))
      // Else it would have proved little.
      assert.isAbove(distinct.size, 20)
      const last = snapshots.at(-1) ?? assert.fail()
      const shown = yield* inProcess(["at", String(last.position), last.invoiceId, "--json"])
      const { version: _, position: __, recordedAt: ___, ...state } = JSON.parse(shown.out)
      assert.deepStrictEqual(state, JSON.parse(last.json))
    }),
  )

  it.effect("reads as a role that may read alone, and could not write", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const run = <A, E, R>(use: Effect.Effect<A, E, R>) =>
        use.pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({ DATABASE_URL: url })),
        )
      const [found] = yield* run(
        auditing((sql) =>
          sql.query<{ readonly role: string; readonly only: string; readonly isolation: string }>({
            name: "",
            text: "select current_user::text as role, current_setting('transaction_read_only') as only, current_setting('transaction_isolation') as isolation",
          }),
        ),
      )
      assert.deepStrictEqual({ ...found }, { role: "paylog_audit", only: "on", isolation: "repeatable read" })
      const seen = yield* Effect.flip(
        run(auditing((sql) => sql.query({ name: "", text: "select from payments.customers" }))),
      )
      assert.match(seen.message, /may not read that: it needs paylog_read or paylog_audit/)
    }),
  )
})
