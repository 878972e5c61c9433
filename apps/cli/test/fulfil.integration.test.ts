/** What was paid for and could not be delivered, at the command line. */
import { assert, layer } from "@effect/vitest"
import * as Invoices from "@paylog/payments/Invoices"
import * as Staff from "@paylog/payments/Staff"
import { DateTime, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { about, following, invoice, pay } from "./support/money.ts"
import { inProcess as paylog } from "./support/inProcess.ts"
import { world } from "./support/paylog.ts"

const done = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { code, out, err } = yield* paylog(args)
  assert.strictEqual(code, 0, `${args.join(" ")}\n${err}`)
  return out.trimEnd()
})

const undelivered = Effect.gen(function* () {
  const invoiceId = yield* invoice
  yield* pay(invoiceId)
  const at = yield* DateTime.now
  const failed = { _tag: "RecordFulfilmentFailed", reason: "OutOfStock", at } as const
  yield* Invoices.command(invoiceId, "fulfilment-failed", failed, about)
  return invoiceId
})

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true, timeout: "60 seconds" })(
  "paylog, for what was paid for and not delivered",
  (it) => {
    it.effect("lists it among what is open, has it tried again, and takes what was delivered by hand", () =>
      Effect.gen(function* () {
        yield* following
        const { staffId } = yield* Staff.add({ name: "Ann", login: undefined })
        const by = ["--by", staffId, "--reason", "sent by post"]
        const [one, other] = [yield* undelivered, yield* undelivered]
        for (const list of [["open"], ["fulfil", "list"]])
          assert.match(
            yield* done(...list),
            new RegExp(`Undelivered +${one} +fulfilment +12\\.500000 USDT +OutOfStock`),
          )
        assert.strictEqual(yield* done("fulfil", "retry", one, ...by), `${one} is delivered once more by a worker`)
        assert.strictEqual(yield* done("fulfil", "retry", one, ...by), `${one} is being delivered, as before`)
        const record = ["fulfil", "record", other, "--reference", "parcel 4711", ...by]
        assert.strictEqual(yield* done(...record), `${other} is delivered`)
        assert.strictEqual(yield* done(...record), `${other} was delivered before: parcel 4711`)
        assert.strictEqual(
          yield* done("fulfil", "retry", other, ...by),
          `${other} was delivered before: parcel 4711. Nothing is tried again`,
        )
        assert.strictEqual(yield* done("open"), "Nothing is open")
        assert.match(yield* done("show", other), /\nfulfilled +2\S+Z: parcel 4711\n/)
        assert.deepInclude(JSON.parse(yield* done("show", other, "--json")).fulfilment, {
          reference: "parcel 4711",
          by: staffId,
        })
        const unpaid = yield* invoice
        const { code, err } = yield* paylog(["fulfil", "record", unpaid, "--reference", "-1", ...by])
        assert.strictEqual(code, 3)
        assert.include(err, "The invoice is Requested: nothing is to be delivered")
      }).pipe(Effect.scoped),
    )
  },
)
