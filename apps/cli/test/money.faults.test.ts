/** People's decisions about money, by processes that are killed at any instant. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as Invoices from "@paylog/payments/Invoices"
import * as Proposals from "@paylog/payments/Proposals"
import * as ProviderKeys from "@paylog/payments/ProviderKeys"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Staff from "@paylog/payments/Staff"
import * as UnmatchedMoney from "@paylog/payments/UnmatchedMoney"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { Console, Effect, Layer, Random, Redacted, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { following, invoice, orderPaid, pay } from "./support/money.ts"
import { paylog, start, world, World } from "./support/paylog.ts"

const kills = 20

/** How many elements are resolved. */
const resolved = Database.use(({ query }) =>
  query<{ readonly stream: string }>({
    name: "resolved",
    text: "select stream from paylog.events where type = 'ElementResolved'",
  }),
).pipe(Effect.map(({ length }) => length))

const member = (name: string) => Effect.map(Staff.add({ name, login: undefined }), ({ staffId }) => staffId)

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })(
  "a command that is killed",
  (it) => {
    it.effect("leaves each delivery's elements recorded once, whatever a retry had come to", () =>
      Effect.gen(function* () {
        yield* following
        const { url } = yield* World
        const ann = yield* member("Ann")
        const secret = Redacted.make("a-store-key-of-the-test")
        const keyId = yield* ProviderKeys.idOf(secret)
        const invoices = yield* Effect.replicateEffect(invoice, 60)
        for (const invoiceId of invoices) {
          const body = new TextEncoder().encode(`[${orderPaid(invoiceId)}]`)
          const signed = { method: "POST", path: "/webhooks/walletpay", timestamp: "1", body }
          const evidence = Evidence.encode({ ...signed, signature: Signature.sign(secret, signed), keyId })
          const items = [{ _tag: "NotUnderstood", index: 0, reason: "an unknown type" } as const]
          yield* recordDelivery("wallet-pay", { method: "POST", headers: {}, body }, { evidence, items })
        }
        const retry = ["quarantine", "retry", "--all", "--by", ann, "--reason", "newer code"]
        const env = { DATABASE_URL: url }
        const inBetween: Array<number> = []
        for (let kill = 0; kill < kills / 2; kill++) {
          const enough = (yield* resolved) + (yield* Random.nextIntBetween(0, 4))
          const running = start(retry, env)
          yield* Effect.raceFirst(
            running.ended,
            resolved.pipe(
              Effect.repeat({ until: (now) => now >= enough + 1, schedule: Schedule.spaced("1 millis") }),
              Effect.timeout("30 seconds"),
            ),
          )
          running.kill("SIGKILL")
          yield* running.ended
          inBetween.push(yield* resolved)
        }
        yield* Console.log(`quarantine retry was killed with ${inBetween.join(", ")} of ${invoices.length} resolved`)
        const { code, err } = yield* paylog(retry)
        assert.strictEqual(code, 0, err)
        const states = yield* Effect.forEach(invoices, Invoices.get)
        assert.deepStrictEqual(
          states.map((state) => (state._tag === "Absent" ? 0 : state.payments.length)),
          states.map(() => 1),
        )
        assert.strictEqual(yield* resolved, invoices.length)
      }).pipe(Effect.scoped),
    )

    it.effect("never leaves money in two streams, nor in none", () =>
      Effect.gen(function* () {
        yield* following
        const { url } = yield* World
        const [ann, ben] = [yield* member("Ann"), yield* member("Ben")]
        let done = 0
        for (let round = 0; round < kills; round++) {
          const { orderId } = yield* pay("stranger")
          const target = yield* invoice
          const stream = `unmatched-wallet-pay-${orderId}`
          const { proposalId, digest } = yield* Proposals.proposeAssignment(
            stream,
            { payment: 1, invoiceId: target },
            { by: ann, reason: "-" },
          )
          const args = ["correct", "approve", proposalId, "--digest", digest, "--by", ben, "--reason", "-"]
          const running = start(args, { DATABASE_URL: url })
          yield* Effect.timeoutOption(running.ended, yield* Random.nextIntBetween(400, 1200))
          running.kill("SIGKILL")
          yield* running.ended
          const where = Effect.gen(function* () {
            const [there] = (yield* UnmatchedMoney.get(stream)).payments
            const state = yield* Invoices.get(target)
            return [there?.disposition, state._tag === "Absent" ? 0 : state.payments.length] as const
          })
          const [disposition, payments] = yield* where
          if (disposition === "Assigned") done += 1
          assert.deepStrictEqual(
            [disposition, payments],
            disposition === "Assigned" ? ["Assigned", 1] : ["Unmatched", 0],
          )
          assert.strictEqual((yield* paylog(args)).code, 0)
          assert.deepStrictEqual(yield* where, ["Assigned", 1])
        }
        yield* Console.log(`correct approve: ${done} of ${kills} were done when they were killed`)
      }).pipe(Effect.scoped),
    )
  },
)
