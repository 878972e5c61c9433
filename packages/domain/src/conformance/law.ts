/** What the provider laws are made of. */
import { Cause, Data, Effect, Equal, Exit, Logger, References, Tracer } from "effect"
import type { Delivery, DeliveryItem, ListLine, OpenOutcome, Order, OrderRequest } from "../PaymentProvider.ts"
import type { PaymentProvider } from "../PaymentProvider.ts"

export type Provider = PaymentProvider["Service"]

/** What goes wrong with a call to open an order, before or after the provider made it. */
export const openingFaults = [
  "ErrorBefore",
  "ErrorAfter",
  "TooManyRequestsBefore",
  "TooManyRequestsAfter",
  "NoAnswerBefore",
  "NoAnswerAfter",
  "ResetAfter",
  "HalfAnAnswer",
  "HugeAnswer",
  "DrippingAnswer",
  "Redirect",
  "AnotherAmount",
  "AnotherCurrency",
] as const
export type OpeningFault = (typeof openingFaults)[number]

/** An adapter and its simulator, fresh for one law. The adapter's deadline should be short: a law waits for it. */
export interface Rig {
  readonly provider: Provider
  /** A request that the provider opens. Another `n` is another `externalId`. */
  readonly request: (n: number) => OrderRequest
  /** Spoils the next call that opens an order, and only that. */
  readonly spoilOpening: (fault: OpeningFault) => Effect.Effect<void>
  /** Makes the next read fail, retries included, as a provider that is down does. */
  readonly spoilRead: Effect.Effect<void>
  /** Makes the lines of the next list such that nobody can understand them. */
  readonly spoilLines: Effect.Effect<void>
  /** The payer pays; `late`: an order whose time is over. */
  readonly pay: (externalId: string, how?: { readonly late?: boolean }) => Effect.Effect<void>
  /** The order's time ends. */
  readonly expire: (externalId: string) => Effect.Effect<void>
  /** What arrived at the webhook since the last call, oldest first. */
  readonly arrived: Effect.Effect<ReadonlyArray<Delivery>>
  /** The provider sends the order's messages once more. */
  readonly redeliver: (externalId: string) => Effect.Effect<void>
  /** Pays all of them and has it delivered at once; `undefined` for a provider that never does so. */
  readonly payTogether: ((externalIds: ReadonlyArray<string>) => Effect.Effect<void>) | undefined
  /** The headers that carry the signature, or that it covers. */
  readonly signedHeaders: ReadonlyArray<string>
  /** What must be seen nowhere: keys and tokens. A law adds the payers' ids. */
  readonly secrets: ReadonlyArray<string>
}

/** An adapter does not keep a law. */
export class LawBroken extends Data.TaggedError("LawBroken")<{ readonly message: string }> {}

export interface Law {
  /** A sentence. */
  readonly title: string
  readonly check: (rig: Rig) => Effect.Effect<void, LawBroken>
}

/** A law that a typed failure of the port breaks, unless the law expects it. */
export const law = (title: string, check: (rig: Rig) => Effect.Effect<void, { readonly message: string }>): Law => ({
  title,
  check: (rig) => Effect.mapError(check(rig), ({ message }) => new LawBroken({ message })),
})

export const holds = (isTrue: boolean, message: string): Effect.Effect<void, LawBroken> =>
  isTrue ? Effect.void : new LawBroken({ message })

/** Structural equality. */
export const same = (what: string, actual: unknown, expected: unknown): Effect.Effect<void, LawBroken> =>
  holds(Equal.equals(actual, expected), `${what}: ${text(actual)}, expected ${text(expected)}`)

export const opened = (outcome: OpenOutcome): Effect.Effect<Order, LawBroken> =>
  outcome._tag === "Opened" ? Effect.succeed(outcome.order) : new LawBroken({ message: `Not opened: ${text(outcome)}` })

/** The items of all deliveries that arrived, each verified. */
export const items = ({
  arrived,
  provider,
}: Rig): Effect.Effect<ReadonlyArray<DeliveryItem>, { readonly message: string }> =>
  Effect.gen(function* () {
    const verified = yield* Effect.forEach(yield* arrived, provider.verify)
    return verified.flatMap((each) => each.items)
  })

export const understood = (item: DeliveryItem | undefined) =>
  item?._tag === "Understood"
    ? Effect.succeed(item)
    : new LawBroken({ message: `Not an understood message: ${text(item)}` })

export const listed = (line: ListLine | undefined) =>
  line?._tag === "Understood"
    ? Effect.succeed(line.order)
    : new LawBroken({ message: `Not an understood line: ${text(line)}` })

/** Runs it with every log line and span kept, and gives them with how it ended. */
export const overheard = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<string> =>
  Effect.suspend(() => {
    const kept: Array<string> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    const spans: Array<Tracer.NativeSpan> = []
    const logs = Logger.layer([Logger.map(Logger.formatJson, (line) => void kept.push(line))])
    return Effect.exit(effect).pipe(
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provide(logs),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.map((exit) => {
        kept.push(Exit.isSuccess(exit) ? text(exit.value) : failureOf(exit))
        // An exporter sends a span's failure, and not what it succeeded with.
        for (const { name, attributes, events, status } of spans)
          kept.push(text([name, Array.from(attributes), events]), status._tag === "Ended" ? failureOf(status.exit) : "")
        return kept.join("\n")
      }),
    )
  })

const failureOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? `${Cause.pretty(exit.cause)} ${text(exit.cause)}` : ""

/** Anything as text, errors and what they hold included. */
export const text = (value: unknown): string => {
  const seen = new Set<object>()
  const show = (each: unknown, depth: number): string => {
    if (typeof each === "string") return JSON.stringify(each)
    if (typeof each !== "object" || each === null) return String(each)
    if (seen.has(each) || depth > 12) return "…"
    seen.add(each)
    if (each instanceof Uint8Array) return `${each.length} bytes`
    if (Array.isArray(each)) return `[${each.map((one) => show(one, depth + 1)).join(", ")}]`
    const keys = each instanceof Error ? [...Object.keys(each), "name", "message", "cause", "stack"] : Object.keys(each)
    const fields = keys.map((key) => `${key}: ${show(Reflect.get(each, key), depth + 1)}`)
    return `{ ${fields.join(", ")} }`
  }
  return show(value, 0)
}
