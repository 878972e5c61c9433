/** What delivers in tests: idempotent by its key, and as hard to work with as a test says. */
import type { InvoiceId } from "@paylog/domain/Invoice"
import { CannotFulfil, Fulfilment, FulfilmentUnavailable } from "@paylog/payments/Fulfilment"
import { Context, Effect, Layer, Option } from "effect"

/** What the next calls of a key come to; after them it delivers. */
export type Trouble =
  | { readonly _tag: "Unavailable"; readonly retryAfterMs?: number }
  | { readonly _tag: "Cannot"; readonly reason: string }
  /** It delivers, and the answer is lost. */
  | { readonly _tag: "AnswerLost" }
  | { readonly _tag: "Defect" }

export class Depot extends Context.Service<
  Depot,
  {
    /** By key, how many parcels went out: one each, or the depot is not idempotent. */
    readonly sent: ReadonlyMap<string, number>
    /** By key, the calls of `fulfil` and of `find`. */
    readonly calls: ReadonlyMap<string, ReadonlyArray<"fulfil" | "find">>
    readonly prepare: (key: InvoiceId, ...troubles: ReadonlyArray<Trouble>) => Effect.Effect<void>
  }
>()("test/Depot") {}

export const layer = Layer.effectContext(
  Effect.sync(() => {
    const sent = new Map<string, number>()
    const calls = new Map<string, ReadonlyArray<"fulfil" | "find">>()
    const troubles = new Map<string, ReadonlyArray<Trouble>>()
    const note = (key: string, call: "fulfil" | "find") => calls.set(key, [...(calls.get(key) ?? []), call])
    const reference = (key: string) => `parcel/${key}`
    const deliver = (key: string) => {
      if (!sent.has(key)) sent.set(key, 1)
      return reference(key)
    }
    const port = Fulfilment.of({
      fulfil: (_, key) =>
        Effect.suspend((): Effect.Effect<string, CannotFulfil | FulfilmentUnavailable> => {
          note(key, "fulfil")
          const [trouble, ...later] = troubles.get(key) ?? []
          troubles.set(key, later)
          switch (trouble?._tag) {
            case undefined:
              return Effect.succeed(deliver(key))
            case "Unavailable": {
              const { _tag, ...when } = trouble
              return Effect.fail(new FulfilmentUnavailable({ reason: "the depot is closed", ...when }))
            }
            case "Cannot":
              return Effect.fail(new CannotFulfil({ reason: trouble.reason }))
            case "AnswerLost":
              deliver(key)
              return Effect.fail(new FulfilmentUnavailable({ reason: "no answer", retryAfterMs: 10 }))
            case "Defect":
              return Effect.die(new Error("a fault of the shop's"))
          }
        }),
      find: (key) =>
        Effect.sync(() => {
          note(key, "find")
          return sent.has(key) ? Option.some(reference(key)) : Option.none()
        }),
    })
    const depot = Depot.of({
      sent,
      calls,
      prepare: (key, ...all) => Effect.sync(() => void troubles.set(key, all)),
    })
    return Context.make(Fulfilment, port).pipe(Context.add(Depot, depot))
  }),
)
