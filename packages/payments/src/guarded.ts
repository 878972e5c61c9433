/**
 * A circuit around a payment provider: when it fails again and again, or says that it is asked too much, it is left alone, and
 * at most one call in 5 s looks whether it answers again. (Effect's own `CircuitBreaker` opens by a run of failures or by a
 * rate, never by one answer that asks for a pause, and lets any call be the one that looks.)
 */
import {
  type OpenOutcome,
  PaymentProvider,
  Probing,
  type ProviderRefused,
  ProviderUnavailable,
} from "@paylog/domain/PaymentProvider"
import { Cause, Clock, Context, Effect, Exit, Layer, Metric, Option } from "effect"
import { Circuit, NotNow } from "./Circuit.ts"

/** So many failures one after the other open the circuit. */
const mostFailures = 5
/** From one look to the next, at least. */
const pauseMs = 5_000
/** A longer `Retry-After` is not believed. */
const longestPauseMs = 600_000

type State =
  | { readonly _tag: "Closed"; readonly failures: number }
  | { readonly _tag: "Open"; readonly untilMs: number }
  /** One call is out to look; the circuit is open for all others. */
  | { readonly _tag: "Looking" }

/** What an answer says about the provider: `busyForMs` when it asks for a pause. */
interface Verdict {
  readonly failed: boolean
  readonly busyForMs?: number | undefined
}

type ReadError = ProviderUnavailable | ProviderRefused

const make = Effect.fnUntraced(function* (provider: PaymentProvider["Service"]) {
  const { name } = provider
  let state: State = { _tag: "Closed", failures: 0 }
  const openGauge = Metric.withAttributes(isOpen, { provider: name })
  yield* Metric.update(openGauge, 0)

  const open = Effect.fnUntraced(function* (busyForMs = 0) {
    if (state._tag === "Closed") {
      yield* Effect.logError("The provider is left alone for a while: it does not answer, or is asked too much")
      yield* Metric.update(openGauge, 1)
    }
    const now = yield* Clock.currentTimeMillis
    const untilMs = now + Math.max(pauseMs, Math.min(busyForMs, longestPauseMs))
    state = { _tag: "Open", untilMs: state._tag === "Open" ? Math.max(state.untilMs, untilMs) : untilMs }
  })

  const close = Effect.gen(function* () {
    if (state._tag !== "Closed") {
      yield* Effect.logInfo("The provider answers again")
      yield* Metric.update(openGauge, 0)
    }
    state = { _tag: "Closed", failures: 0 }
  })

  /** What was sent before the circuit opened says nothing new, unless it asks for a longer pause. */
  const settle = Effect.fnUntraced(function* ({ failed, busyForMs }: Verdict, looking: boolean) {
    if (busyForMs !== undefined && (looking || state._tag !== "Looking")) return yield* open(busyForMs)
    if (looking) return yield* failed ? open() : close
    if (state._tag !== "Closed") return
    const failures = failed ? state.failures + 1 : 0
    if (failures >= mostFailures) return yield* open()
    state = { _tag: "Closed", failures }
  })

  /** `undefined`: to be sent. Otherwise how long to wait. Whoever is sent while the circuit is open is the one who looks. */
  const enter = Effect.map(Clock.currentTimeMillis, (now) => {
    switch (state._tag) {
      case "Closed":
        return { looking: false } as const
      case "Open":
        if (state.untilMs > now) return { waitMs: state.untilMs - now } as const
        state = { _tag: "Looking" }
        return { looking: true } as const
      case "Looking":
        return { waitMs: 1_000 } as const
    }
  })

  const read = <A>(call: Effect.Effect<A, ReadError>): Effect.Effect<A, ReadError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const { looking, waitMs: retryAfterMs } = { looking: false, waitMs: undefined, ...(yield* enter) }
        if (retryAfterMs !== undefined)
          return yield* new ProviderUnavailable({ provider: name, reason: "it did not answer before", retryAfterMs })
        const exit = yield* Effect.exit(restore(Effect.provideService(call, Probing, looking)))
        const verdict = Exit.isSuccess(exit) ? answered : verdictOf(exit.cause)
        if (verdict !== undefined || looking) yield* settle(verdict ?? lost, looking)
        return yield* exit
      }),
    )

  const count = read(provider.count)

  /** An order is never what looks: one whose answer is lost has to be looked for in the list. */
  const admit = Effect.suspend(() => (state._tag === "Closed" ? Effect.void : Effect.asVoid(count))).pipe(
    Effect.catchTags({
      // It answers, after all.
      ProviderRefused: () => Effect.void,
      ProviderUnavailable: ({ retryAfterMs }) => new NotNow({ afterMs: retryAfterMs ?? pauseMs }),
    }),
  )

  const guarded = PaymentProvider.of({
    ...provider,
    open: (request) =>
      admit.pipe(
        Effect.andThen(
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(Effect.exit(restore(provider.open(request))), (exit) =>
              Effect.andThen(Exit.isSuccess(exit) ? settle(ofOutcome(exit.value), false) : Effect.void, exit),
            ),
          ),
        ),
        Effect.catchTag("NotNow", ({ afterMs }) =>
          Effect.succeed<OpenOutcome>({ _tag: "NotTried", retryAfterMs: afterMs }),
        ),
      ),
    get: (orderId) => read(provider.get(orderId)),
    list: (offset, length) => read(provider.list(offset, length)),
    count,
  })
  return Context.make(PaymentProvider, guarded).pipe(Context.add(Circuit, { admit }))
})

const answered: Verdict = { failed: false }
const lost: Verdict = { failed: true }

/** Nothing is learned from a call that was given up, or from a fault of ours. */
const verdictOf = (cause: Cause.Cause<ReadError>): Verdict | undefined => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error === undefined) return undefined
  return error._tag === "ProviderRefused" ? answered : { failed: true, busyForMs: error.retryAfterMs }
}

const ofOutcome = (outcome: OpenOutcome): Verdict =>
  outcome._tag === "Unknown" ? { failed: true, busyForMs: outcome.retryAfterMs } : answered

export const isOpen = Metric.gauge("paylog_provider_circuit_open", {
  description: "1 while the provider is left alone, since it does not answer or is asked too much",
})

/** The provider, and whether it can be asked, over the provider that `layer` makes. The circuit is this process's own. */
export const layer = <E, R>(provider: Layer.Layer<PaymentProvider, E, R>): Layer.Layer<PaymentProvider, E, R> =>
  Layer.effectContext(Effect.flatMap(PaymentProvider, make)).pipe(Layer.provide(provider))
