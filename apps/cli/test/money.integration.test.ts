/** What people do with money at the command line. */
import { assert, layer } from "@effect/vitest"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import * as ProviderKeys from "@paylog/payments/ProviderKeys"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Staff from "@paylog/payments/Staff"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHash } from "node:crypto"
import { following, invoice, pay } from "./support/money.ts"
import { inProcess as paylog } from "./support/inProcess.ts"
import { world, World } from "./support/paylog.ts"

const ready = Layer.merge(world, SecureRandom.layerWebCrypto)

/** A command that is done, and what it printed. */
const done = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { code, out, err } = yield* paylog(args)
  assert.strictEqual(code, 0, `${args.join(" ")}\n${err}`)
  return out.trimEnd()
})

// oxlint-disable-next-line typescript/no-explicit-any -- what a program that reads it would see
const json = (...args: ReadonlyArray<string>) => Effect.map(done(...args, "--json"), (out): any => JSON.parse(out))

/** A command that is refused, and in what words. */
const refused = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { code, err } = yield* paylog(args)
  assert.strictEqual(code, 3, `${args.join(" ")}\n${err}`)
  return err.trimEnd().split("\n").at(-1) ?? ""
})

const by = (staff: string, reason = "the customer asked for it") => ["--by", staff, "--reason", reason]

const two = Effect.gen(function* () {
  const [ann, ben] = [
    yield* Staff.add({ name: "Ann", login: undefined }),
    yield* Staff.add({ name: "Ben", login: undefined }),
  ]
  return [ann.staffId, ben.staffId] as const
})

const underpaid = Effect.gen(function* () {
  const invoiceId = yield* invoice
  const { outcome } = yield* pay(invoiceId, { orderAmount: Money.of("USD", 999n) })
  assert.strictEqual(outcome, "Held")
  return invoiceId
})

layer(ready, { excludeTestServices: true, timeout: "60 seconds" })("paylog, for money that needs a person", (it) => {
  it.effect("knows the staff by ids, and asks who and why before anything else", () =>
    Effect.gen(function* () {
      const ann = yield* done("staff", "add", "Ann Lee", "--login", "ann")
      assert.match(ann, /^stf_[0-9a-z]{20}$/)
      assert.match(yield* done("staff", "list"), new RegExp(`STAFF +NAME.*\\n${ann} +Ann Lee +ann `))
      const link = yield* done("staff", "invite", ann, "--bot", "@ExampleShopBot")
      assert.match(link, /^https:\/\/t\.me\/ExampleShopBot\?start=staff_[0-9a-z]{20}$/)
      assert.match(yield* done("staff", "unlink", ann), /works with the bot no more, as before/)
      assert.strictEqual(
        yield* refused("staff", "add", "Another", "--login", "ann"),
        "The login ann is another person's already",
      )
      const id = "inv_00000000000000000000"
      const wrong = [
        ["held", "accept", id, "--by", ann],
        ["held", "accept", id, "--by", "ann", "--reason", "x"],
        ["held", "accept", id, ...by(ann, "x".repeat(256))],
        ["held", "accept", id, ...by(ann, "")],
        ["refund", "request", id, "--amount", "12.5000001 USDT", ...by(ann)],
        ["correct", "approve", "pro_00000000000000000000", ...by(ann)],
        ["correct", "propose", "void-refund", id, ...by(ann)],
        ["quarantine", "retry", ...by(ann)],
        ["unmatched", "show", "../1"],
      ]
      yield* Effect.forEach(wrong, (args) =>
        Effect.map(paylog(args), ({ code }) => assert.strictEqual(code, 2, args.join(" "))),
      )
      assert.match(yield* refused("held", "accept", id, ...by(ann)), /works with a database login of their own/)
      assert.strictEqual(
        yield* refused("held", "accept", id, ...by("stf_00000000000000000000")),
        'stf_00000000000000000000 is nobody of the staff: see "paylog staff list"',
      )
      yield* done("staff", "leave", ann)
      assert.match(yield* refused("held", "accept", id, ...by(ann)), /is nobody of the staff/)
    }),
  )

  it.effect("lists held money, shows it, and accepts it, once", () =>
    Effect.gen(function* () {
      yield* following
      const [ann] = yield* two
      const invoiceId = yield* underpaid
      assert.match(
        yield* done("held", "list"),
        new RegExp(`AGE +KIND.*\\n.* Held +${invoiceId} +payment-1 +12.500000 USDT +WrongAmount$`),
      )
      const [item] = yield* json("held", "list")
      assert.deepInclude(item, {
        kind: "Held",
        payment: 1,
        reason: "WrongAmount",
        amount: "12.500000",
        currency: "USDT",
      })
      assert.isAtLeast(item.ageMs, 0)
      const shown = yield* json("held", "show", invoiceId)
      assert.deepInclude(shown, { status: "Held", amount: { currency: "USD", amount: "12.50", isExact: true } })
      assert.strictEqual(
        yield* refused("held", "accept", invoiceId, ...by(ann), "--payment", "2"),
        "The invoice has no payment 2",
      )
      assert.strictEqual(yield* done("held", "accept", invoiceId, ...by(ann)), `Payment 1 pays ${invoiceId}`)
      assert.strictEqual(yield* done("held", "accept", invoiceId, ...by(ann)), `Payment 1 pays ${invoiceId}, as before`)
      assert.strictEqual(yield* done("held", "list"), "Nothing is open")
      assert.match(yield* refused("held", "dismiss", invoiceId, ...by(ann)), /^The payment is Paid/)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "asks which payment is meant when there are several, and decides nothing about the first one by default",
    () =>
      Effect.gen(function* () {
        yield* following
        const [ann] = yield* two
        const invoiceId = yield* invoice
        const { orderId } = yield* pay(invoiceId, { orderAmount: Money.of("USD", 999n) })
        yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 998n) })
        yield* pay("stranger", { orderId })
        yield* pay("stranger", { orderId, orderAmount: Money.of("USD", 998n) })
        for (const args of [
          ["held", "accept", invoiceId],
          ["held", "dismiss", invoiceId],
          ["refund", "request", invoiceId],
          ["correct", "propose", "release", invoiceId],
          ["unmatched", "dismiss", orderId],
          ["unmatched", "assign", orderId, invoiceId],
        ]) {
          const { code, err } = yield* paylog([...args, ...by(ann)])
          assert.deepStrictEqual([code, err], [2, "It has 2 payments: say which, with --payment\n"], args.join(" "))
        }
        const dismissed = yield* done("held", "dismiss", invoiceId, "--payment", "2", ...by(ann))
        assert.strictEqual(dismissed, `Statement 2 of ${invoiceId} is dismissed`)
      }).pipe(Effect.scoped),
  )

  it.effect("gives money back by two people, with evidence", () =>
    Effect.gen(function* () {
      yield* following
      const [ann, ben] = yield* two
      const invoiceId = yield* underpaid
      const asked = yield* json("refund", "request", invoiceId, "--amount", "2.5 USDT", ...by(ann))
      assert.deepInclude(asked, { isNew: true, amount: { currency: "USDT", amount: "2.500000", isExact: true } })
      const { refundId } = asked
      assert.match(
        yield* done("refund", "request", invoiceId, "--id", refundId, ...by(ann)),
        /2\.500000 USDT is to go back, as before/,
      )
      assert.include(yield* done("refund", "list"), refundId)
      const sent = ["--way", "transfer in Wallet", "--reference", "T-1", "--sent-at", "2026-03-01T12:00:00Z"]
      const record = (staff: string, amount: string) => [
        "refund",
        "record",
        refundId,
        "--sent",
        amount,
        ...sent,
        ...by(staff),
      ]
      assert.strictEqual(yield* refused(...record(ann, "2.50 USDT")), "Another person has to do this")
      assert.match(yield* refused(...record(ben, "2.49 USDT")), /another amount was sent/)
      assert.strictEqual(yield* done(...record(ben, "2.50 USDT")), `${refundId} is made`)
      assert.strictEqual(yield* done(...record(ben, "2.50 USDT")), `${refundId} is made, as before`)
      assert.strictEqual(yield* refused("refund", "withdraw", refundId, ...by(ann)), "The refund is recorded")
      const repeated = yield* paylog([
        "refund",
        "request",
        invoiceId,
        "--id",
        refundId,
        "--amount",
        "2.5 USDT",
        ...by(ann),
      ])
      assert.deepStrictEqual(
        repeated,
        { code: 0, out: `${refundId}: 2.500000 USDT was asked for before, and is recorded by now\n`, err: "" },
        "Nobody is told to send it again",
      )
      const rest = (yield* json("refund", "request", invoiceId, ...by(ann))).refundId
      const mine = `${rest} is yours to send`
      assert.strictEqual(
        yield* done("refund", "take", rest, ...by(ben)),
        `${mine}: nobody else sends it or withdraws it`,
      )
      assert.include(yield* done("refund", "take", rest, ...by(ben)), `${mine}, as before`)
      assert.strictEqual(
        yield* refused("refund", "withdraw", rest, ...by(ann)),
        `The refund is being sent by ${ben}, who first has to say that it was not sent`,
      )
      assert.include(yield* refused("refund", "drop", rest, ...by(ann)), `being sent by ${ben}`)
      assert.strictEqual(
        yield* done("refund", "drop", rest, "--taken-by", ben, ...by(ann, "Ben is ill and has sent nothing")),
        `${rest} was not sent: another person can take it, or it is withdrawn`,
      )
      assert.match(yield* done("refund", "withdraw", rest, ...by(ben)), /is withdrawn: the money is as it was$/)
      assert.strictEqual(
        yield* refused("refund", "withdraw", "rfd_00000000000000000000", ...by(ben)),
        "There is no refund and no proposal rfd_00000000000000000000",
      )
    }).pipe(Effect.scoped),
  )

  it.effect("assigns unmatched money, and takes it off again, by two people who read the same text", () =>
    Effect.gen(function* () {
      yield* following
      const [ann, ben] = yield* two
      const { orderId, outcome } = yield* pay("stranger")
      assert.strictEqual(outcome, "Unmatched")
      const invoiceId = yield* invoice
      const stream = `unmatched-wallet-pay-${orderId}`
      assert.include(yield* done("unmatched", "list"), stream)
      assert.include(yield* done("unmatched", "show", orderId), "Unmatched")
      assert.strictEqual(yield* refused("unmatched", "show", "1"), "That order has no payment 1 which no invoice has")

      const text = yield* done("unmatched", "assign", stream, invoiceId, ...by(ann))
      const { proposalId, digest } =
        /proposal: (?<proposalId>pro_\w+)[^]*digest: (?<digest>[0-9a-f]{64})/.exec(text)?.groups ?? {}
      assert.isDefined(proposalId)
      assert.isDefined(digest)
      assert.strictEqual(yield* done("correct", "show", proposalId), text)
      const [body = ""] = text.split("\ndigest: ")
      assert.strictEqual(createHash("sha256").update(body).digest("hex"), digest)
      assert.include(yield* done("correct", "list"), proposalId)
      const approve = (staff: string, of: string) => ["correct", "approve", proposalId, "--digest", of, ...by(staff)]
      assert.strictEqual(yield* refused(...approve(ann, digest)), "Another person has to do this")
      assert.strictEqual(yield* refused(...approve(ben, "0".repeat(64))), "What is approved is not what was proposed")
      assert.strictEqual(yield* done(...approve(ben, digest)), `${proposalId} is approved and carried out`)
      assert.strictEqual(yield* done(...approve(ben, digest)), `${proposalId} is approved and carried out, as before`)
      assert.include(yield* done("correct", "show", proposalId), `It was approved by ${ben}`)
      assert.deepInclude(yield* json("held", "show", invoiceId), { status: "Paid" })

      const back = yield* json("correct", "propose", "release", invoiceId, ...by(ben))
      yield* done("correct", "approve", back.proposalId, "--digest", back.digest, ...by(ann))
      assert.deepInclude(yield* json("held", "show", invoiceId), { status: "Expired" })
      const shown = yield* json("unmatched", "show", orderId)
      assert.strictEqual(shown.payments[0].disposition, "Unmatched")
      const { refundId } = yield* json("unmatched", "refund", orderId, ...by(ann))
      assert.include(yield* done("refund", "list"), refundId)
      assert.match(yield* refused("unmatched", "assign", orderId, invoiceId, ...by(ann)), /on its way back/)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "tries a delivery again that was not understood, with the key, without it, and never with forged bytes",
    () =>
      Effect.gen(function* () {
        yield* following
        const { url } = yield* World
        const [ann] = yield* two
        const secret = Redacted.make("a-store-key-of-the-test")
        const keyId = yield* ProviderKeys.idOf(secret)
        const invoiceId = yield* invoice
        /** Signed by Wallet Pay, recorded by a program that understood nothing of it. */
        const recorded = Effect.fnUntraced(function* (text: string, signature?: string) {
          const signed = {
            method: "POST",
            path: "/webhooks/walletpay",
            timestamp: "1",
            body: new TextEncoder().encode(text),
          }
          const evidence = Evidence.encode({ ...signed, signature: signature ?? Signature.sign(secret, signed), keyId })
          const delivery = { method: "POST", headers: {}, body: signed.body }
          const items = [{ _tag: "NotUnderstood", index: 0, reason: "an unknown type" } as const]
          yield* recordDelivery("wallet-pay", delivery, { evidence, items })
          return createHash("sha256").update(text).digest("hex")
        })
        const paid = JSON.stringify([
          {
            eventDateTime: "2026-03-01T12:00:00.000000Z",
            eventId: 1,
            type: "ORDER_PAID",
            payload: {
              id: 2,
              number: "AAAA",
              externalId: invoiceId,
              orderAmount: { currencyCode: "USD", amount: "12.50" },
              selectedPaymentOption: {
                amount: { currencyCode: "USDT", amount: "12.5" },
                amountFee: { currencyCode: "USDT", amount: "0.125" },
                amountNet: { currencyCode: "USDT", amount: "12.375" },
                exchangeRate: "1",
              },
              orderCompletedDateTime: "2026-03-01T12:00:00.000000Z",
            },
          },
        ])
        const known = yield* recorded(paid)
        const riddle = yield* recorded(`[{"what":"is this"}]`)
        const forged = yield* recorded(
          `[{"forged":true}]`,
          Signature.sign(Redacted.make("another"), {
            method: "POST",
            path: "/",
            timestamp: "1",
            body: new Uint8Array(),
          }),
        )
        const listed = yield* json("quarantine", "list")
        assert.deepStrictEqual(
          new Set(listed.map(({ stream }: { stream: string }) => stream)),
          new Set([known, riddle, forged].map((body) => `quarantine-${body}`)),
        )
        assert.match(yield* done("quarantine", "show", known), /ELEMENT +IS +REASON\n0 +waiting +an unknown type$/)

        const withKey = { DATABASE_URL: url, WALLETPAY_API_KEY: "a-new-key,a-store-key-of-the-test" }
        const refusedForged = yield* paylog(["quarantine", "retry", forged, ...by(ann)], withKey)
        assert.strictEqual(refusedForged.code, 3)
        assert.match(refusedForged.err, /its signature does not hold under the key that it names/)
        const retried = yield* paylog(["quarantine", "retry", `quarantine-${known}`, ...by(ann)], withKey)
        assert.strictEqual(retried.code, 0, retried.err)
        assert.match(retried.out, /its signature holds\n {2}element 0 is resolved as (Applied|Held)/)
        // One that is refused hinders no other.
        const later = yield* recorded(`[{"later":1}]`)
        const all = yield* paylog(["quarantine", "retry", "--all", ...by(ann), "--json"], withKey)
        assert.strictEqual(all.code, 3)
        assert.strictEqual(all.err.trimEnd().split("\n").length, 1)
        assert.include(all.err, forged)
        const tries: ReadonlyArray<{ readonly body: string; readonly resolved?: ReadonlyArray<unknown> }> = JSON.parse(
          all.out,
        )
        assert.deepInclude(
          tries.find(({ body }) => body === later),
          { resolved: [] },
        )
        const again = yield* done("quarantine", "retry", known, ...by(ann))
        assert.match(
          again,
          /its key is not at hand: the log says that it was verified when it came[^]*nothing was left to do/,
        )
        assert.match(yield* done("quarantine", "retry", riddle, ...by(ann)), /element 0 is still not understood/)
        assert.include(yield* done("quarantine", "show", known), `resolved as `)
        assert.match(
          yield* refused("quarantine", "retry", "0".repeat(64), ...by(ann)),
          /^Delivery 0+: No delivery 0+ is in quarantine$/,
        )
        const open = yield* json("open")
        assert.isTrue(open.totals.some(({ kind }: { kind: string }) => kind === "Quarantined"))
        assert.match(yield* done("open"), /KIND +ITEMS +OLDEST +TOTAL\n/)
      }).pipe(Effect.scoped),
  )

  it.effect(
    "says when nobody follows the log, and works with the rights of a process, not with those of a reader",
    () =>
      Effect.gen(function* () {
        const { query } = yield* Database
        const { url } = yield* World
        yield* underpaid
        const { code, err } = yield* paylog(["held", "list"])
        assert.strictEqual(code, 0)
        assert.match(err, /what is newer is not seen here. Is an ingester running\?/)
        const login = `cli_${createHash("sha256").update(url).digest("hex").slice(0, 12)}`
        yield* query({
          name: "",
          text: `create role ${login} login password '${login}' in role paylog_append, paylog_project`,
        })
        const limited = new URL(url)
        limited.username = login
        limited.password = login
        // Whoever decides makes no second person of themselves: the owner says who is who.
        const add = ["staff", "add", "Ann", "--login", login]
        const alone = yield* paylog(add, { DATABASE_URL: limited.href })
        assert.strictEqual(alone.code, 3)
        assert.match(alone.err, /it needs the role that owns the tables: DATABASE_OWNER_URL/)
        const ann = yield* paylog(add, { DATABASE_URL: limited.href, DATABASE_OWNER_URL: url })
        assert.strictEqual(ann.code, 0, ann.err)
        const refund = yield* paylog(["held", "accept", "inv_00000000000000000000", ...by(ann.out.trim())], {
          DATABASE_URL: limited.href,
        })
        assert.strictEqual(refund.err, "There is no such invoice\n")
        assert.match(
          yield* refused("held", "accept", "inv_00000000000000000000", ...by(ann.out.trim())),
          /a database login of their own/,
        )
        // A reader sees what is open, and decides nothing.
        yield* query({ name: "", text: `revoke paylog_append, paylog_project from ${login}` })
        yield* query({ name: "", text: `grant paylog_read to ${login}` })
        const seen = yield* paylog(["open"], { DATABASE_URL: limited.href })
        assert.strictEqual(seen.code, 0, seen.err)
        const tried = yield* paylog(["held", "accept", "inv_00000000000000000000", ...by(ann.out.trim())], {
          DATABASE_URL: limited.href,
        })
        assert.strictEqual(tried.code, 3, tried.err)
        assert.match(tried.err, /it needs paylog_append and paylog_project/)
        yield* query({ name: "", text: `drop role ${login}` })
      }),
  )
})
