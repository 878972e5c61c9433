/** A log with payments by signed webhooks, sealed, with signed checkpoints: what an auditor checks, and a thief changes. */
import { Database, type Sql } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { recordDelivery } from "@paylog/payments/RecordDelivery"
import * as Sealer from "@paylog/sealer/Sealer"
import { sha256 } from "@paylog/sealer/sha256"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import * as Money from "@paylog/domain/Money"
import type { DeliveryItem } from "@paylog/domain/PaymentProvider"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import { Data, Effect, Layer, Redacted, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHash } from "node:crypto"
import { check, type Given } from "@paylog/auditing/check"
import { requested, stranger } from "@paylog/payments/Samples"
import { orderPaid } from "./money.ts"
import { world as paylogs } from "./paylog.ts"

export const origin = "shop.example/log"
export const storeKey = { id: "key_1", secret: Redacted.make("a-store-key-of-24-characters") }

/** An empty log with the tree's tables. */
export const world = Layer.merge(paylogs, SecureRandom.layerWebCrypto)

/** A webhook with this body, signed with `key`, as the ingester records it. */
export const delivered = Effect.fnUntraced(function* (
  text: string,
  { key = storeKey, items }: { readonly key?: Signature.StoreKey; readonly items?: ReadonlyArray<DeliveryItem> } = {},
) {
  const body = Buffer.from(text)
  const signed = { method: "POST", path: "/hooks/wallet", timestamp: "168824905680291", body }
  const evidence = Evidence.encode({ ...signed, signature: Signature.sign(key.secret, signed), keyId: key.id })
  yield* recordDelivery(
    "wallet-pay",
    { method: "POST", headers: {}, body },
    { evidence, items: items ?? deliveryItems(body, Money.scales) },
  )
  return Buffer.from(sha256(evidence)).toString("hex")
})

/** An invoice that is paid, as a webhook says that is signed with `key`. */
export const paid = Effect.fnUntraced(function* (key: Signature.StoreKey = storeKey, customerId = stranger) {
  yield* delivered(`[${orderPaid(yield* requested(customerId))}]`, { key })
})

/** Adds so many paid invoices to the log, and seals them. */
export const grow = Effect.fnUntraced(function* (invoices: number, key: Signature.StoreKey = storeKey) {
  yield* Effect.forEach(Array.from({ length: invoices }), () => paid(key), { concurrency: 32, discard: true })
  yield* seal
})

/** Seals all there is. */
export const seal = Effect.gen(function* () {
  const head = Number(yield* EventStore.use((store) => store.head))
  yield* Effect.raceFirst(
    Sealer.run({ gather: 0 }),
    Tiles.size.pipe(
      Effect.repeat({ until: (size) => size >= head, schedule: Schedule.spaced("10 millis") }),
      Effect.timeout("20 seconds"),
    ),
  )
})

/** Makes the tree anew, in whatever transaction this is: what somebody does who has changed events and has no key. */
export const sealAnew = Effect.gen(function* () {
  yield* run("truncate transparency.tiles, transparency.entries, transparency.column_sums, transparency.checkpoints")
  // The log's head as this transaction has it.
  const [last] = yield* run<{ head: bigint }>("select coalesce(max(position), 0) as head from paylog.events")
  yield* Sealer.follower.apply([Sealer.asEvent(0n, last?.head ?? 0n)], yield* Database)
})

/** A signed checkpoint over the first `size` events, as it is kept outside. */
export const noteOver = Effect.fnUntraced(function* (signer: Note.Signer, size: number) {
  const root = yield* Tiles.rootAt(size)
  const text = Checkpoint.format({ origin, size, root, extensions: [] })
  return yield* Effect.promise(() => Note.sign(text, [signer]))
})

/** Signs one, and stores it in the database. */
export const sign = Effect.fnUntraced(function* (signer: Note.Signer, size: number) {
  const note = yield* noteOver(signer, size)
  yield* run(
    "insert into transparency.checkpoints (origin, size, root, note, signed_at) values ($1, $2, $3, $4, now())",
    [origin, size, yield* Tiles.rootAt(size), note],
  )
  return note
})

/** A new key of the log. */
export const logKey = Effect.promise(async () => {
  const { signerKey, verifierKey } = await Note.generate(origin)
  return { signer: await Note.signer(signerKey), verifier: await Note.verifier(verifierKey), verifierKey }
})

/** Any statement. */
export const run = Effect.fnUntraced(function* <Row>(text: string, values: ReadonlyArray<unknown> = []) {
  const name = createHash("sha256").update(text).digest("hex").slice(0, 16)
  return yield* (yield* Database).query<Row>({ name, text }, values)
})

const within = (sql: Sql) => Database.of({ ...sql, transaction: (use) => use(sql) })

class Undone extends Data.TaggedError("Undone")<{}> {}

/** Runs `use` in a transaction in which the log's triggers are off, and takes it all back. */
export const tampering = Effect.fnUntraced(function* <A, E, R>(use: Effect.Effect<A, E, R>) {
  const results: Array<A> = []
  yield* Database.use(({ transaction }) =>
    transaction((sql) =>
      Effect.gen(function* () {
        for (const table of ["events", "attachments"]) yield* run(`alter table paylog.${table} disable trigger user`)
        results.push(yield* use)
        return yield* new Undone()
      }).pipe(Effect.provideService(Database, within(sql))),
    ),
  ).pipe(
    Effect.catchIf(
      (error) => error instanceof Undone,
      () => Effect.void,
    ),
  )
  const [result] = results
  return result ?? (yield* Effect.die(new Error("Nothing came of it")))
})

/** Puts the triggers back, as a thief would. */
export const guarded = Effect.gen(function* () {
  yield* run("alter table paylog.events enable always trigger refuse_change")
  yield* run("alter table paylog.attachments enable always trigger refuse_change")
  yield* run("alter table paylog.attachments enable always trigger refuse_change_except_erasure")
})

/** What `paylog verify` finds now, with the triggers in their places. */
export const findings = Effect.fnUntraced(function* (given: Partial<Given> = {}) {
  yield* guarded
  return yield* check({ keys: [], storeKeys: [storeKey], outside: [], since: undefined, ...given }, () => {})
})
