/** Faults that somebody could well build into our own code; the simulation must find each. */
import * as Money from "@paylog/domain/Money"
import type { Append, EventStore, NewEvent, RecordedEvent, StreamAppend } from "@paylog/event-store/EventStore"
import * as Sweep from "@paylog/payments/Sweep"
import { deliveryItems } from "@paylog/wallet-pay/translate"
import { Clock, Effect } from "effect"
import type { Sabotage } from "./simulate.ts"

type Store = EventStore["Service"]

/** Loads a state from what is seen of a stream: for a log that is wrong about the past. */
const loading =
  (see: (events: ReadonlyArray<RecordedEvent>) => Effect.Effect<ReadonlyArray<RecordedEvent>>) =>
  (log: Store): Store["load"] =>
  (fold, stream) =>
    Effect.gen(function* () {
      const events = yield* log.readStream(stream)
      const seen = yield* see(events)
      return { state: seen.reduce(fold.evolve, fold.initial), version: events.length, last: events.at(-1) }
    })

/** The append with each of its events changed. */
const changed = (append: Append, change: (event: NewEvent) => NewEvent): Append => {
  const part = ({ events: [first, ...others], ...stream }: StreamAppend): StreamAppend => ({
    ...stream,
    events: [change(first), ...others.map(change)],
  })
  const [first, ...others] = append.streams
  return { ...append, streams: [part(first), ...others.map(part)] }
}

const minute = 60_000

/** Each with what the simulation must say of it. */
export const sabotages: Readonly<Record<string, Sabotage & { readonly because: RegExp }>> = {
  "acknowledges before the commit": {
    because: /was acknowledged and is not in the log/,
    store: (store, process) => ({
      ...store,
      append: (append) =>
        Effect.as(Effect.forkIn(Effect.ignore(store.append(append)), process), {
          outcome: "Appended",
          firstPosition: 1n,
          lastPosition: 1n,
          versions: append.streams.map(() => 1),
        }),
    }),
  },
  "tries again under a new id": {
    because: /a second order was opened/,
    provider: (provider) => {
      const tries = new Map<string, number>()
      return {
        ...provider,
        open: (request) => {
          const { externalId } = request
          const before = tries.get(externalId) ?? 0
          tries.set(externalId, before + 1)
          return provider.open(before === 0 ? request : { ...request, externalId: `${externalId}-${before}` })
        },
      }
    },
  },
  "takes CONFLICT for a refusal": {
    because: /AfterRefusal/,
    provider: (provider) => ({
      ...provider,
      open: (request) =>
        Effect.map(provider.open(request), (outcome) =>
          outcome._tag === "Conflict" ? { _tag: "Refused", reason: "CONFLICT" } : outcome,
        ),
    }),
  },
  "takes an unknown outcome for a refusal": {
    because: /AfterRefusal/,
    provider: (provider) => ({
      ...provider,
      open: (request) =>
        Effect.map(provider.open(request), (outcome) =>
          outcome._tag === "Unknown" ? { _tag: "Refused", reason: outcome.reason } : outcome,
        ),
    }),
  },
  "knows what it has heard for a minute only": {
    because: /was recorded twice/,
    log: (log) => ({
      ...log,
      append: (append) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          log.append({ ...append, key: `${append.key}/${Math.floor(now / minute)}` }),
        ),
      load: loading((events) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          events.filter(
            ({ type, recordedAtMs }) => recordedAtMs > now - minute || !/^(Payment|InvoicePaid)/.test(type),
          ),
        ),
      )(log),
    }),
  },
  "takes a look for the end, and what it hears after that for late": {
    because: /paid rightly and its payment is AfterExpiry/,
    provider: (provider) => ({
      ...provider,
      get: (orderId) =>
        Effect.map(provider.get(orderId), (view) => (view.status === "Paid" ? { ...view, status: "Expired" } : view)),
    }),
    log: (log) => ({
      ...log,
      append: (append) =>
        Effect.gen(function* () {
          const before = yield* log.readStream(append.streams[0].stream)
          const hasExpired = before.some(({ type }) => type === "InvoiceExpired")
          return yield* log.append(
            changed(append, (event) => {
              if (!hasExpired || event.type !== "InvoicePaid") return event
              const { paidAt: _, ...payment }: Record<string, unknown> = JSON.parse(event.data)
              return { ...event, type: "PaymentHeld", data: JSON.stringify({ ...payment, reason: "AfterExpiry" }) }
            }),
          )
        }),
    }),
  },
  "appends whatever happened meanwhile": {
    because: /asks for an order when it is/,
    log: (log) => ({
      ...log,
      append: (append) => {
        const [first, ...rest] = append.streams
        return log.append({
          ...append,
          streams: [{ ...first, expected: "any" }, ...rest.map((part) => ({ ...part, expected: "any" as const }))],
        })
      },
    }),
  },
  "believes what does not verify": {
    because: /was believed/,
    provider: (provider) => ({
      ...provider,
      verify: (delivery) =>
        Effect.orElseSucceed(provider.verify(delivery), () => ({
          evidence: delivery.body,
          items: deliveryItems(delivery.body, Money.scales),
        })),
    }),
  },
  "reads only the first of a batch": {
    because: /was acknowledged and is not in the log/,
    provider: (provider) => ({
      ...provider,
      verify: (delivery) =>
        Effect.map(provider.verify(delivery), (verified) => ({ ...verified, items: verified.items.slice(0, 1) })),
    }),
  },
  "forgets every third thing to do": {
    because: /is Issued/,
    queue: (queue) => {
      let added = 0
      return {
        ...queue,
        add: (sql, name, items) =>
          queue.add(
            sql,
            name,
            items.filter(() => ++added % 3 !== 0),
          ),
      }
    },
  },
  "never sweeps": {
    because: /is not recorded/,
    withinMs: 20 * minute,
    queue: (queue) => ({
      ...queue,
      claim: (name, limit, lease) => (name === Sweep.queue ? Effect.succeed([]) : queue.claim(name, limit, lease)),
    }),
  },
}
