/** What payments rest on: kept deliveries, their digests, their signatures, and whether they tell of the payment that was recorded. */
import type { StoredColumns } from "@paylog/transparency/Entry"
import type { PaymentReceived } from "@paylog/domain/Payment"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Metadata } from "@paylog/payments/Metadata"
import { sha256 } from "@paylog/sealer/sha256"
import * as Evidence from "@paylog/wallet-pay/Evidence"
import * as Signature from "@paylog/wallet-pay/Signature"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { DateTime, Effect, type Redacted, Result, Schema } from "effect"
import { type Findings, listed } from "./Finding.ts"

/** A payment's evidence, as far as it can be told without trusting the log's keeper. */
export type Verdict =
  | "Valid"
  | "Invalid"
  /** The delivery is signed with a key that is not among those given. */
  | "KeyNotSupplied"
  /** We asked, by a poll or a sweep, and the answer bears no signature. */
  | "Unsigned"
  /** Recorded by a person, or moved by one from elsewhere in the log. */
  | "ByHand"
  /** Its metadata does not say how it became known, or names a way by which no payment does. */
  | "NoSource"
  /** The delivery's bytes were erased; its digest stands. */
  | "Erased"
  | "Missing"

export const verdicts = [
  "Valid",
  "Invalid",
  "KeyNotSupplied",
  "Unsigned",
  "ByHand",
  "NoSource",
  "Erased",
  "Missing",
] as const satisfies ReadonlyArray<Verdict>

/** A store key of the provider. Without an id, it is tried on every delivery. */
export interface Key {
  readonly id: string | undefined
  readonly secret: Redacted.Redacted
}

/** Counts what payments rest on, page by page. */
export class Evidences {
  readonly counts = new Map<Verdict, number>(verdicts.map((verdict) => [verdict, 0]))
  /** Deliveries that were looked at, those of no payment too. */
  deliveries = 0
  readonly #keys: ReadonlyArray<Key>
  readonly #findings: Findings
  /** The key ids under which a signature has held. */
  readonly #known = new Set<string>()
  /** Signatures that no key made, by the id of the key that the delivery names: perhaps its key is not among those given. */
  readonly #open = new Map<string, Waiting>()

  constructor(keys: ReadonlyArray<Key>, findings: Findings) {
    this.#keys = keys
    this.#findings = findings
    for (const { id } of keys) if (id !== undefined) this.#known.add(id)
  }

  count(verdict: Verdict, n = 1): void {
    this.counts.set(verdict, (this.counts.get(verdict) ?? 0) + n)
  }

  /** Looks at a page of events. One query. */
  readonly page = Effect.fnUntraced({ self: this }, function* (this: Evidences, events: ReadonlyArray<StoredColumns>) {
    const about = events.flatMap((event) => {
      const isPayment = event.type === "PaymentReceived"
      const metadata = sourceOf(event)
      if (metadata === undefined) {
        this.#findings.add({
          kind: "Evidence",
          position: event.position,
          detail: "its metadata cannot be read: on what it rests cannot be told",
        })
        if (isPayment) this.count("NoSource")
        return []
      }
      return isPayment || metadata.attachment !== undefined ? [{ event, isPayment, metadata }] : []
    })
    const digests = new Set(about.flatMap(({ metadata }) => metadata.attachment ?? []))
    const kept = yield* attachments([...digests])
    const looked = new Map([...digests].map((digest) => [digest, this.#look(digest, kept.get(digest))] as const))
    this.deliveries += digests.size
    for (const { event, isPayment, metadata } of about) {
      const delivery = metadata.attachment === undefined ? undefined : looked.get(metadata.attachment)
      const verdict = this.#judge(event, metadata, delivery, isPayment)
      if (isPayment && verdict !== undefined) this.count(verdict)
    }
  })

  #look(digest: string, kept: Kept | undefined): Delivery {
    if (kept === undefined) return { verdict: "Missing" }
    if (kept.bytes === null) return { verdict: "Erased" }
    if (Buffer.from(sha256(kept.bytes)).toString("hex") !== digest)
      return { verdict: "Invalid", fault: "is not the bytes that it names" }
    const decoded = Evidence.decode(kept.bytes)
    if (Result.isFailure(decoded)) return { verdict: "Invalid", fault: "is no delivery that this program can read" }
    const { keyId } = decoded.success
    const tried = this.#keys.filter(({ id }) => id === undefined || id === keyId)
    const held = tried.some(({ secret }) =>
      Result.isSuccess(Signature.verifier([{ id: keyId, secret }])(decoded.success)),
    )
    if (held) this.#known.add(keyId)
    return { verdict: held ? "Valid" : "KeyNotSupplied", keyId, body: decoded.success.body }
  }

  /** The verdict on an event's delivery; `undefined` while it is not known whether its key was given. */
  #judge(event: StoredColumns, metadata: Source, delivery: Delivery | undefined, isPayment: boolean) {
    const { position } = event
    if (delivery === undefined) {
      const verdict = withoutDelivery[metadata.source]
      if (verdict === "Missing")
        this.#findings.add({ kind: "Evidence", position, detail: "it came by webhook, and names no delivery" })
      if (verdict === "NoSource")
        this.#findings.add({
          kind: "Evidence",
          position,
          detail: `its source is ${metadata.source}, from where no payment becomes known`,
        })
      return verdict
    }
    const { verdict, fault, keyId, body } = delivery
    if (verdict === "Missing")
      this.#findings.add({ kind: "Attachment", position, detail: `its delivery ${metadata.attachment} is gone` })
    if (fault !== undefined)
      this.#findings.add({ kind: "Attachment", position, detail: `its delivery ${metadata.attachment} ${fault}` })
    if (isPayment && body !== undefined && !tells(body, event)) {
      this.#findings.add({ kind: "Evidence", position, detail: "its delivery does not tell of this payment" })
      return "Invalid"
    }
    if (verdict !== "KeyNotSupplied" || keyId === undefined) return verdict
    // Without a key, none will turn out to be another's.
    if (this.#keys.length === 0) return verdict
    const waiting = this.#open.get(keyId) ?? { events: 0, payments: 0, first: [] }
    waiting.events++
    if (isPayment) waiting.payments++
    if (waiting.first.length < listed) waiting.first.push(position)
    this.#open.set(keyId, waiting)
    return undefined
  }

  /** Decides what waited: a signature that no key made is wrong when the key that it names is among those given. */
  end(): void {
    for (const [keyId, { events, payments, first }] of this.#open) {
      const known = this.#known.has(keyId)
      this.count(known ? "Invalid" : "KeyNotSupplied", payments)
      if (!known) continue
      const detail = `the signature of its delivery does not hold under the key ${keyId}`
      for (const position of first) this.#findings.add({ kind: "Evidence", position, detail })
      this.#findings.count += events - first.length
    }
    this.#open.clear()
  }
}

/** Events that wait for the key of their delivery to be known, and the positions of the first of them. */
interface Waiting {
  events: number
  payments: number
  readonly first: Array<bigint>
}

/** What a payment is that names no delivery, by the way in which it became known. */
const withoutDelivery = {
  Webhook: "Missing",
  Poll: "Unsigned",
  Sweep: "Unsigned",
  Manual: "ByHand",
  // A person of the staff decided so, in the bot.
  Bot: "ByHand",
  Clock: "NoSource",
  Worker: "NoSource",
} as const satisfies Record<Metadata["source"], Verdict>

interface Delivery {
  readonly verdict: "Valid" | "Invalid" | "KeyNotSupplied" | "Erased" | "Missing"
  /** Of an invalid one: what is wrong with it. */
  readonly fault?: string
  readonly keyId?: string
  readonly body?: Uint8Array
}

interface Kept {
  readonly bytes: Uint8Array | null
}

const attachments = Effect.fnUntraced(function* (digests: ReadonlyArray<string>) {
  if (digests.length === 0) return new Map<string, Kept>()
  const rows = yield* (yield* Database).query<Kept & { readonly digest: string }>(attachmentsStatement, [
    digests.map((digest) => Buffer.from(digest, "hex")),
  ])
  return new Map(rows.map((row) => [row.digest, row] as const))
})

const attachmentName = Buffer.from('"attachment"')

/** Whether an event may rest on something: `Evidences.page` wants these. */
export const wants = (type: string, metadata: Buffer): boolean =>
  type === "PaymentReceived" || metadata.includes(attachmentName)

/** What of an event's metadata says on what it rests; `undefined` when it is none that Paylog writes. */
const sourceOf = ({ metadata }: StoredColumns): Source | undefined => {
  const { source, attachment }: Partial<Source> = parsed(String(metadata))
  return isSource(source) && (attachment === undefined || isDigest(attachment)) ? { source, attachment } : undefined
}

interface Source {
  readonly source: Metadata["source"]
  readonly attachment: string | undefined
}

const isSource = Schema.is(Metadata.fields.source)
const isDigest = (value: unknown) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value)

const parsed = (text: string) => {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** Whether one of a delivery's elements is this payment, to the digit. */
const tells = (body: Uint8Array, { type, schemaVersion, data }: StoredColumns): boolean => {
  let recorded: ReturnType<typeof StoredEvents.invoice.decode>
  try {
    recorded = StoredEvents.invoice.decode({ type, schemaVersion, data: String(data) })
  } catch {
    return false
  }
  return (
    recorded._tag === "PaymentReceived" &&
    deliveryItems(body, Money.scales).some(
      (item) =>
        item._tag === "Understood" &&
        item.observation._tag === "PaymentCompleted" &&
        statement(item.observation.payment) === statement(recorded),
    )
  )
}

const statement = ({
  orderId,
  orderAmount,
  gross,
  fee,
  net,
  rate,
  completedAt,
}: Omit<PaymentReceived, "_tag" | "provider">): string =>
  [
    orderId,
    ...[orderAmount, gross, fee, net].map((stated) => Money.words(stated)),
    rate,
    DateTime.formatIso(completedAt),
  ].join("/")

const attachmentsStatement = Statement.fromFile(new URL("../sql/attachments.sql", import.meta.url))
