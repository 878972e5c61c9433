/** Deliveries that are authentic but not understood, element by element. The bytes are kept as an attachment, to be tried again. */
import { Result, Schema } from "effect"
import { manual, type Manual } from "./Manual.ts"
import { explain, Text, Word } from "./Text.ts"
import { Time } from "./Time.ts"

/** The stream of one delivery body, by its SHA-256 in hex: a repeated delivery meets what its first one left. */
export const stream = (bodyDigest: string): string => `quarantine-${bodyDigest}`

// -- Events. Tags and fields are the stored format: add, never rename.

export const DeliveryQuarantined = Schema.TaggedStruct("DeliveryQuarantined", {
  provider: Word,
  /** Which element of the body; 0 when it is not a list. */
  index: Schema.Natural,
  reason: Text,
})

/** What an element came to when newer code understood it: its observation was recorded, once, as any other is. */
export const ResolvedAs = Schema.Literals(["Applied", "Held", "Unmatched", "Duplicate", "Ignored"])
export type ResolvedAs = typeof ResolvedAs.Type

export const ElementResolved = Schema.TaggedStruct("ElementResolved", {
  index: Schema.Natural,
  as: ResolvedAs,
  ...manual,
  resolvedAt: Time,
})

export const QuarantineEvent = Schema.Union([DeliveryQuarantined, ElementResolved])
export type QuarantineEvent = typeof QuarantineEvent.Type

// -- State: the elements that are or were in quarantine, by index.

export type Quarantine = ReadonlyMap<number, "Waiting" | "Resolved">

export const absent: Quarantine = new Map()

export const evolve = (state: Quarantine, event: QuarantineEvent): Quarantine => {
  switch (event._tag) {
    case "DeliveryQuarantined":
      return new Map(state).set(event.index, "Waiting")
    case "ElementResolved":
      return new Map(state).set(event.index, "Resolved")
  }
}

// -- Commands.

export interface QuarantineDelivery {
  readonly _tag: "QuarantineDelivery"
  readonly provider: string
  readonly elements: ReadonlyArray<{ readonly index: number; readonly reason: string }>
}

/** The kept bytes were verified and read again, and these elements' observations are recorded. */
export interface ResolveElements extends Manual {
  readonly _tag: "ResolveElements"
  readonly elements: ReadonlyArray<{ readonly index: number; readonly as: ResolvedAs }>
}

// -- Decisions.

/**
 * Quarantines the elements that never were, whatever the reason. Resolves those that wait: an element that is resolved
 * already, or was never quarantined, since its neighbours' retry found it understood at once, changes nothing.
 */
export const decide = (
  state: Quarantine,
  command: QuarantineDelivery | ResolveElements,
): Result.Result<ReadonlyArray<QuarantineEvent>> => {
  switch (command._tag) {
    case "QuarantineDelivery": {
      const { provider, elements } = command
      return Result.succeed(
        elements
          .filter(({ index }) => !state.has(index))
          .map(({ index, reason }) => ({ _tag: "DeliveryQuarantined", provider, index, reason: explain(reason) })),
      )
    }
    case "ResolveElements": {
      const { elements, by, reason, at } = command
      return Result.succeed(
        elements
          .filter(({ index }) => state.get(index) === "Waiting")
          .map(({ index, as }) => ({
            _tag: "ElementResolved",
            index,
            as,
            by,
            reason: explain(reason),
            resolvedAt: at,
          })),
      )
    }
  }
}
