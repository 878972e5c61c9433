/** All that a running simulator remembers, and how it changes. In memory and synchronous; time and chance are handed in. */
import * as Json from "@paylog/wallet-pay/Json"
import { Data, type Redacted, Result } from "effect"
import { createHash } from "node:crypto"
import type { Fault, Operation } from "./Faults.ts"
import * as Faults from "./Faults.ts"
import type { Instant } from "./Instant.ts"
import { inVersion } from "./inVersion.ts"
import { isRecord } from "./overlay.ts"
import type { OrderRequest } from "./OrderRequest.ts"
import type { Order } from "./Orders.ts"
import * as Orders from "./Orders.ts"
import type { Settings } from "./Settings.ts"
import type { Created, Profile } from "./Store.ts"
import { Store } from "./Store.ts"

/** A webhook message, its bytes fixed when its order closed: only timestamp and signature differ from attempt to attempt. */
export interface Message {
  readonly eventId: string
  readonly type: "ORDER_PAID" | "ORDER_FAILED"
  readonly orderId: string
  readonly store: Store
  readonly json: string
  state: "waiting" | "acknowledged" | "givenUp" | "dropped" | "noAddress"
  /** How often it comes again after it was acknowledged, by chance and beyond what the settings say. */
  readonly duplicates: number
  /** Its place when messages are sent in random order. */
  readonly rank: string
  /** When the next attempt is due, while waiting. */
  dueAt: Instant
  sending: boolean
  readonly attempts: Array<Attempt>
}

/** One POST of a message and what came back. */
export interface Attempt {
  readonly at: string
  readonly url: string
  /** `schedule` counts towards the retries; `byHand` was asked for. */
  readonly reason: "schedule" | "byHand"
  readonly timestamp: string
  readonly signature: string
  /** The receiver's HTTP code and the start of its body, or why there is none. */
  readonly code?: number
  readonly answer?: string
  readonly failure?: string
}

/** A POST as it was sent, whatever was asked for, and what came back. Kept for whoever listens. */
export interface Sent extends Attempt {
  /** From 1, in the order in which the POSTs ended. */
  readonly number: number
  readonly store: string
  readonly eventIds: ReadonlyArray<string>
  /** The path that the signature was made over, unless it was spoiled on purpose. */
  readonly signedPath: string
  readonly body: string
}

/** How many of the last POSTs are kept with their bodies. */
const mostSent = 10_000

export class NotFound extends Data.TaggedError("NotFound")<{ readonly what: string; readonly ref: string }> {
  override readonly message = `no ${this.what} ${this.ref}`
}

/** A number from 0 up to, but not including, 1. */
export type Random = () => number

export class World {
  settings: Settings
  readonly stores = new Map<string, Store>()
  readonly messages = new Map<string, Message>()
  readonly faults: Array<Fault> = []
  readonly sent: Array<Sent> = []
  readonly #random: Random
  readonly #numbers = new Set<string>()
  readonly #waiting = new Set<Message>()
  #lastId = 0n
  readonly #started: Instant
  readonly #firstTimestamp: bigint
  #lastTimestamp: bigint
  #lastSent = 0
  #posts = 0

  constructor(random: Random, settings: Settings, profiles: ReadonlyArray<Profile>, now: Instant) {
    this.#random = random
    this.settings = settings
    this.#started = now
    // The provider's timestamp is a monotonic clock of unknown origin; the one known sample has 15 digits.
    this.#firstTimestamp = 100_000_000_000_000n + BigInt(this.#below(100_000_000_000_000))
    this.#lastTimestamp = this.#firstTimestamp
    for (const profile of profiles) this.stores.set(profile.name, new Store(profile))
  }

  create(store: Store, request: OrderRequest, now: Instant): Created {
    return store.create(request, this.settings.orders, () => ({ id: this.#newId(), number: this.#newNumber() }), now)
  }

  /** The order with this id, externalId or number. */
  find(ref: string): Result.Result<{ readonly store: Store; readonly order: Order }, NotFound> {
    for (const lookUp of [byId, byExternalId, byNumber])
      for (const store of this.stores.values()) {
        const order = lookUp(store, ref)
        if (order !== undefined) return Result.succeed({ store, order })
      }
    return Result.fail(new NotFound({ what: "order", ref }))
  }

  /** Stores the order's closed state and writes the webhook message that announces it. */
  closed(store: Store, order: Order, now: Instant): void {
    const { state } = order
    if (state.status === "ACTIVE") return
    store.put(order)
    const eventId = this.#newId()
    // An event is a little later than the completion it announces, as in real messages.
    const message = Orders.message({ ...order, state }, eventId, state.at + this.#below(50_000))
    const { webhooks, answers } = this.settings
    const { delayMs, dropPercent, duplicatePercent, mode, shuffleKeys } = webhooks
    const written = inVersion(answers.version, message)
    const added: Message = {
      eventId,
      type: message.type,
      orderId: order.id,
      store,
      json: Json.stringify(shuffleKeys ? this.#shuffled(written) : written),
      duplicates: this.#happens(duplicatePercent) ? 1 : 0,
      rank: createHash("sha256").update(`${this.#firstTimestamp} ${eventId}`).digest("hex"),
      state:
        store.profile.webhookUrl === undefined
          ? "noAddress"
          : mode === "drop" || this.#happens(dropPercent)
            ? "dropped"
            : "waiting",
      dueAt: now + (delayMs.least + (delayMs.most > 0 ? this.#below(delayMs.most - delayMs.least + 1) : 0)) * 1000,
      sending: false,
      attempts: [],
    }
    this.messages.set(eventId, added)
    if (added.state === "waiting") this.#waiting.add(added)
  }

  /** Closes every order whose time has run out. */
  expire(now: Instant): void {
    for (const store of this.stores.values()) for (const order of store.expire(now)) this.closed(store, order, now)
  }

  /**
   * Takes the next POSTs, at most `most`: due messages in the order that the settings want, in batches of one store each.
   * They count as being sent until they are `attempted`.
   */
  take(now: Instant, most: number): ReadonlyArray<{ readonly url: string; readonly messages: ReadonlyArray<Message> }> {
    const { mode, order, batch } = this.settings.webhooks
    if (mode === "hold" || most <= 0) return []
    const due: Array<Message> = []
    for (const message of this.#waiting) {
      if (message.sending || message.dueAt > now) continue
      due.push(message)
      // A long queue is not read to its end for the few that go first.
      if (order === "oldestFirst" && due.length === most * batch) break
    }
    const sorted =
      order === "random"
        ? due.toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
        : order === "newestFirst"
          ? due.toReversed()
          : due
    const posts = Array.from(Map.groupBy(sorted, (message) => message.store)).flatMap(([store, messages]) => {
      const url = store.profile.webhookUrl
      if (url === undefined) for (const message of messages) this.#end(message, "noAddress")
      return url === undefined ? [] : inBatches(messages, batch).map((messages) => ({ url, messages }))
    })
    const taken = posts.slice(0, most)
    for (const { messages } of taken) for (const message of messages) message.sending = true
    return taken
  }

  /** A moment before which nothing happens by itself; `now` or earlier when something is due. */
  nextChange(now: Instant): Instant {
    let next = Infinity
    for (const store of this.stores.values()) next = Math.min(next, store.nextExpiry)
    if (this.settings.webhooks.mode === "hold") return next
    for (const message of this.#waiting) {
      if (next <= now) break
      if (!message.sending) next = Math.min(next, message.dueAt)
    }
    return next
  }

  /** Notes an attempt. One of the schedule decides whether and when the next one follows. */
  attempted(message: Message, attempt: Attempt, now: Instant): void {
    message.attempts.push(attempt)
    if (attempt.reason === "schedule") {
      message.sending = false
      const { retryDelaysMs, duplicates } = this.settings.webhooks
      const scheduled = message.attempts.filter((each) => each.reason === "schedule")
      const delay = this.isAcknowledgement(attempt) ? 0 : retryDelaysMs[scheduled.length - 1]
      if (scheduled.filter((each) => this.isAcknowledgement(each)).length > duplicates + message.duplicates)
        this.#end(message, "acknowledged")
      else if (delay === undefined) this.#end(message, "givenUp")
      else message.dueAt = now + delay * 1000
    } else if (this.isAcknowledgement(attempt)) this.#end(message, "acknowledged")
  }

  #end(message: Message, state: Message["state"]): void {
    message.state = state
    this.#waiting.delete(message)
  }

  isAcknowledgement({ code }: Attempt): boolean {
    return code === 200 || (this.settings.webhooks.anySuccess && code !== undefined && code >= 200 && code < 300)
  }

  /** Keeps a POST for whoever listens, and gives it its number. */
  posted(sent: Omit<Sent, "number">): void {
    this.sent.push({ number: ++this.#lastSent, ...sent })
    if (this.sent.length > 2 * mostSent) this.sent.splice(0, this.sent.length - mostSent)
  }

  /** The key that signs the store's next POST. */
  signingKey({ profile: { apiKeys } }: Store): Redacted.Redacted {
    switch (this.settings.webhooks.signingKey) {
      case "first":
        return apiKeys[0]
      case "last":
        return apiKeys.at(-1) ?? apiKeys[0]
      case "alternating":
        return apiKeys[this.#posts++ % apiKeys.length] ?? apiKeys[0]
    }
  }

  /** The fault that was asked for, or that chance wants, for a call. It is then used up. */
  faultOf(operation: Operation): Fault | undefined {
    const asked = Faults.take(this.faults, operation)
    if (asked !== undefined) return asked
    return this.#happens(this.settings.answers.faultPercent)
      ? Faults.storm[this.#below(Faults.storm.length)]
      : undefined
  }

  /** The next webhook timestamp: nanoseconds of a monotonic clock, never the same twice. */
  timestamp(now: Instant): string {
    const elapsed = this.#firstTimestamp + BigInt(Math.max(0, now - this.#started)) * 1000n
    this.#lastTimestamp = elapsed > this.#lastTimestamp ? elapsed : this.#lastTimestamp + 1n
    return String(this.#lastTimestamp)
  }

  #newId(): string {
    const { firstId, largestIdStep } = this.settings.orders
    const last = BigInt(firstId) - 1n > this.#lastId ? BigInt(firstId) - 1n : this.#lastId
    this.#lastId = last + BigInt(1 + this.#below(largestIdStep))
    return String(this.#lastId)
  }

  #newNumber(): string {
    const number = Array.from({ length: 8 }, () => alphabet[this.#below(alphabet.length)]).join("")
    if (this.#numbers.has(number)) return this.#newNumber()
    this.#numbers.add(number)
    return number
  }

  /** Draws only where there is something to decide, so that a setting left alone changes no seed's sequence. */
  #happens(percent: number): boolean {
    return percent > 0 && this.#random() * 100 < percent
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #permuted<A>(items: ReadonlyArray<A>): ReadonlyArray<A> {
    return items
      .map((item) => ({ item, rank: this.#random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item)
  }

  /** The same JSON with the keys of each object in another order. */
  #shuffled(value: unknown): unknown {
    return isRecord(value)
      ? Object.fromEntries(this.#permuted(Object.entries(value)).map(([key, each]) => [key, this.#shuffled(each)]))
      : value
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

const inBatches = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const byId = (store: Store, ref: string) => store.byId(ref)
const byExternalId = (store: Store, ref: string) => store.byExternalId(ref)
const byNumber = (store: Store, ref: string) => store.orders.find((order) => order.number === ref)
