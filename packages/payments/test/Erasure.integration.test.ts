/** Erasing a customer: what goes, what stays, and who must have decided it. */
import { assert, layer } from "@effect/vitest"
import { CustomerId } from "@paylog/domain/Invoice"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Customers from "@paylog/payments/Customers"
import * as Deliveries from "@paylog/payments/Deliveries"
import * as Erasure from "@paylog/payments/Erasure"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import * as Invoices from "@paylog/payments/Invoices"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import { sha256, toHex } from "@paylog/payments/sha256"
import { Cause, DateTime, Effect, Exit, Option } from "effect"
import { randomUUID } from "node:crypto"
import { because, person } from "./support/money.ts"
import { about, freshOrder, payment, terms } from "@paylog/payments/Samples"
import { world } from "./support/world.ts"

const sql = (text: string, values: ReadonlyArray<unknown> = []) =>
  Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }, values))

let users = 7_000_000_000

/** Somebody who has bought something: a customer, an invoice, and a message on its way. */
const buyer = Effect.gen(function* () {
  const telegramUserId = String(users++)
  const { customerId } = yield* Customers.identify({ telegramUserId, chatId: telegramUserId, language: "en" })
  const invoiceId = yield* Invoices.issue(terms(customerId, yield* DateTime.now), about)
  yield* Database.use(({ transaction }) =>
    transaction((sql) => Deliveries.add(sql, { deliveryId: `m-${customerId}`, customerId, body: '{"text":"hello"}' })),
  )
  return { telegramUserId, customerId, invoiceId }
})

const paying = Effect.fnUntraced(function* (externalId: string) {
  const orderId = yield* freshOrder
  return {
    _tag: "Understood",
    eventId: orderId,
    observation: { _tag: "PaymentCompleted", externalId, payment: payment(yield* DateTime.now, { orderId }) },
  } as const
})

/** Delivers this body; answers with the digest of what is kept of it. */
const deliver = Effect.fnUntraced(function* (
  body: string,
  items: Parameters<typeof recordDelivery>[2]["items"],
): Effect.fn.Return<
  string,
  Effect.Error<ReturnType<typeof recordDelivery>>,
  Effect.Services<ReturnType<typeof recordDelivery>>
> {
  const evidence = new TextEncoder().encode(`evidence\u0000${body}`)
  yield* recordDelivery("wallet-pay", { method: "POST", headers: {}, body: Buffer.from(body) }, { evidence, items })
  return toHex(sha256(evidence))
})

const isKept = (digest: string) =>
  Effect.map(
    EventStore.use((store) => store.readAttachment(Buffer.from(digest, "hex"))),
    (bytes) => bytes !== undefined,
  )

const noInbox: Erasure.Inbox = () => Effect.succeed(0)

const followed = Effect.gen(function* () {
  const runner = yield* FollowerRunner
  yield* Effect.forkScoped(runner.run(InvoiceRows.follower))
})

/** Two people erase the customer. */
const erase = Effect.fnUntraced(function* (customerId: CustomerId, inbox: Erasure.Inbox = noInbox) {
  const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
  const { proposalId, digest } = yield* Erasure.propose(customerId, because(ann))
  const approve = Erasure.approve(customerId, { proposalId, digest }, because(ben), inbox)
  return { ann, ben, proposalId, digest, approve, done: yield* approve }
})

layer(world, { excludeTestServices: true })("erasing a customer", (it) => {
  it.effect("takes who they are, what they were told, and the bytes of deliveries about them; and nobody else's", () =>
    Effect.gen(function* () {
      yield* followed
      const one = yield* buyer
      const other = yield* buyer
      const own = yield* deliver(`{"externalId":"${one.invoiceId}"}`, [yield* paying(one.invoiceId)])
      const both = yield* deliver(`["${one.invoiceId}","${other.invoiceId}"]`, [
        yield* paying(one.invoiceId),
        yield* paying(other.invoiceId),
      ])
      const others = yield* deliver(`{"externalId":"${other.invoiceId}"}`, [yield* paying(other.invoiceId)])
      const riddle = { _tag: "NotUnderstood", index: 0, reason: "an unknown type" } as const
      const named = yield* deliver(`{"user":${one.telegramUserId}}`, [riddle])
      const longer = yield* deliver(`{"user":${one.telegramUserId}1}`, [riddle])
      const unmatched = yield* deliver(`{"note":"for ${one.invoiceId}"}`, [yield* paying("JDF23NN")])
      const before = yield* EventStore.use((store) => store.readAll(0n, 1000))

      const { done, approve } = yield* erase(one.customerId, () => Effect.succeed(4))
      assert.deepInclude(done, { identities: 1, updates: 4, messages: 1, attachments: 4, isNew: true })
      assert.deepStrictEqual(yield* Effect.forEach([own, both, others, named, longer, unmatched], isKept), [
        false,
        false,
        true,
        false,
        true,
        false,
      ])
      assert.isTrue(Option.isNone(yield* Customers.find(one.customerId)))
      assert.isTrue(Option.isSome(yield* Customers.find(other.customerId)))
      assert.strictEqual((yield* Deliveries.pending(one.customerId)).length, 0)
      assert.strictEqual((yield* Deliveries.pending(other.customerId)).length, 1)

      // The log is as it was, and says in random ids what was done.
      const after = yield* EventStore.use((store) => store.readAll(0n, 1000))
      assert.deepStrictEqual(after.slice(0, before.length), before)
      const added = after.slice(before.length)
      assert.deepStrictEqual(
        added.map(({ type, stream }) => [type, stream]),
        ["ErasureProposed", "ErasureApproved", "ErasureCarriedOut"].map((type) => [type, `erasure-${one.customerId}`]),
      )
      assert.notInclude(
        JSON.stringify(added, (_, value: unknown) => String(value)),
        one.telegramUserId,
      )

      // Again: nothing is left, and nothing more is recorded. What has come since goes.
      assert.deepInclude(yield* approve, { identities: 0, messages: 0, attachments: 0, isNew: false })
      assert.strictEqual((yield* EventStore.use((store) => store.readAll(0n, 1000))).length, after.length)
      const late = yield* deliver(`{"again":"${one.invoiceId}"}`, [yield* paying(one.invoiceId)])
      assert.deepInclude(yield* approve, { attachments: 1, isNew: false })
      assert.isFalse(yield* isKept(late))

      // Who comes back is somebody new.
      const { telegramUserId } = one
      const back = yield* Customers.identify({ telegramUserId, chatId: telegramUserId, language: "en" })
      assert.notStrictEqual(back.customerId, one.customerId)
    }).pipe(Effect.scoped),
  )

  it.effect("takes two people, in the database too", () =>
    Effect.gen(function* () {
      yield* followed
      const { customerId } = yield* buyer
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { proposalId, digest } = yield* Erasure.propose(customerId, because(ann))
      const alone = yield* Effect.flip(Erasure.approve(customerId, { proposalId, digest }, because(ann), noInbox))
      assert.strictEqual(alone._tag, "SamePerson")
      const unread = { proposalId, digest: "0".repeat(64) }
      const other = yield* Effect.flip(Erasure.approve(customerId, unread, because(ben), noInbox))
      assert.strictEqual(other._tag, "DigestMismatch")
      assert.isTrue(Option.isSome(yield* Customers.find(customerId)))
      const past = Effect.sandbox(sql("select payments.erase_evidence($1)", [customerId]))
      const refusal = new RegExp(`No two people decided to erase ${customerId}`)
      assert.match(Cause.pretty(yield* Effect.flip(past)), refusal)
      // An approval that got into the log past `decide` is none.
      yield* EventStore.use((store) =>
        store.append({
          key: `forged/${customerId}`,
          streams: [
            {
              stream: `erasure-${customerId}`,
              expected: "any",
              events: [
                {
                  id: "018f0000-0000-7000-8000-000000000001",
                  type: "ErasureApproved",
                  schemaVersion: 1,
                  data: JSON.stringify({
                    customerId,
                    proposalId,
                    digest,
                    by: ann,
                    reason: "-",
                    approvedAt: "2026-03-01T12:00:00.000Z",
                  }),
                  metadata: "{}",
                },
              ],
            },
          ],
        }),
      )
      assert.match(Cause.pretty(yield* Effect.flip(past)), refusal)
    }).pipe(Effect.scoped),
  )

  it.effect("takes an approval of the same text, in its time, after the proposal; in the database too", () =>
    Effect.gen(function* () {
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const proposalId = "pro_00000000000000000001"
      const digest = "a".repeat(64)
      const expiresAt = "2026-03-08T12:00:00.000Z"
      const proposed = { type: "ErasureProposed", proposalId, digest, by: ann, expiresAt }
      const approved = { type: "ErasureApproved", proposalId, digest, by: ben, approvedAt: "2026-03-02T12:00:00.000Z" }
      type Forged = typeof proposed | typeof approved
      const forged: ReadonlyArray<readonly [taken: boolean, first: Forged, second: Forged]> = [
        [true, proposed, approved],
        [true, proposed, { ...approved, approvedAt: "2026-03-08T11:59:59.999Z" }],
        [false, approved, proposed],
        [false, proposed, { ...approved, digest: "b".repeat(64) }],
        [false, proposed, { ...approved, approvedAt: expiresAt }],
        [false, proposed, { ...approved, by: ann }],
        [false, { ...proposed, proposalId: "pro_00000000000000000002" }, approved],
      ]
      for (const [index, [taken, first, second]] of forged.entries()) {
        const customerId = `cus_${index.toString().padStart(20, "0")}`
        const recorded = ({ type, ...data }: Forged) => ({
          id: randomUUID(),
          type,
          schemaVersion: 1,
          data: JSON.stringify({ customerId, ...data }),
          metadata: "{}",
        })
        yield* EventStore.use((store) =>
          store.append({
            key: `forged/${customerId}`,
            streams: [
              {
                stream: `erasure-${customerId}`,
                expected: "any",
                events: [recorded(first), recorded(second)],
              },
            ],
          }),
        )
        const erased = yield* Effect.exit(sql("select payments.erase_evidence($1)", [customerId]))
        assert.strictEqual(Exit.isSuccess(erased), taken, `case ${index}`)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("waits until it is known which invoices are theirs", () =>
    Effect.gen(function* () {
      const { customerId } = yield* buyer
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const { proposalId, digest } = yield* Erasure.propose(customerId, because(ann))
      yield* sql(
        "insert into paylog.parked (follower, stream, position, version, reason) values ('invoices', 'invoice-x', 1, 1, 'test')",
      )
      const refused = yield* Effect.gen(function* () {
        yield* followed
        return yield* Effect.flip(Erasure.approve(customerId, { proposalId, digest }, because(ben), noInbox))
      }).pipe(Effect.scoped)
      assert.match(refused.message, /^Nothing is erased yet: the follower invoices has parked invoice-x: mend that/)
      assert.isTrue(Option.isSome(yield* Customers.find(customerId)))
      yield* sql("delete from paylog.parked")
      const done = yield* Effect.gen(function* () {
        yield* followed
        return yield* Erasure.approve(customerId, { proposalId, digest }, because(ben), noInbox)
      }).pipe(Effect.scoped)
      assert.deepInclude(done, { identities: 1, isNew: false })
    }),
  )

  it.effect("is proposed of somebody who is there, once for the same id", () =>
    Effect.gen(function* () {
      const { customerId, telegramUserId } = yield* buyer
      const ann = yield* person("Ann")
      assert.strictEqual(yield* Erasure.customerOf(telegramUserId), customerId)
      const first = yield* Erasure.propose(customerId, because(ann))
      const again = yield* Erasure.propose(customerId, because(ann), { proposalId: first.proposalId })
      assert.deepStrictEqual(again, first)
      assert.include(first.text, `\nerasure: EraseCustomer\ncustomer: ${customerId}\nby: ${ann}\n`)
      const nobody = Erasure.propose(CustomerId.make("cus_zzzzzzzzzzzzzzzzzzzz"), because(ann))
      assert.strictEqual((yield* Effect.flip(nobody))._tag, "CustomerNotFound")
      assert.strictEqual((yield* Effect.flip(Erasure.customerOf("1")))._tag, "CustomerNotFound")
    }),
  )
})
