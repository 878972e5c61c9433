/** Deliveries that are authentic but not understood, element by element. The bytes are kept as an attachment, to be tried again. */
import { Result, Schema } from "effect"
import { explain, Text, Word } from "./Text.ts"

/** The stream of one delivery body, by its SHA-256 in hex: a repeated delivery meets what its first one left. */
export const stream = (bodyDigest: string): string => `quarantine-${bodyDigest}`

// -- Events. Tags and fields are the stored format: add, never rename.

export const DeliveryQuarantined = Schema.TaggedStruct("DeliveryQuarantined", {
  provider: Word,
  /** Which element of the body; 0 when it is not a list. */
  index: Schema.Natural,
  reason: Text,
})

export const QuarantineEvent = Schema.Union([DeliveryQuarantined])
export type QuarantineEvent = typeof QuarantineEvent.Type

// -- State: the elements that are in quarantine.

export type Quarantine = ReadonlySet<number>

export const absent: Quarantine = new Set()

export const evolve = (state: Quarantine, event: QuarantineEvent): Quarantine => {
  switch (event._tag) {
    case "DeliveryQuarantined":
      return new Set(state).add(event.index)
  }
}

// -- Commands and decisions.

export interface QuarantineDelivery {
  readonly _tag: "QuarantineDelivery"
  readonly provider: string
  readonly elements: ReadonlyArray<{ readonly index: number; readonly reason: string }>
}

/** The elements' quarantine, but for those that are there already, whatever the reason. */
export const decide = (
  state: Quarantine,
  { provider, elements }: QuarantineDelivery,
): Result.Result<ReadonlyArray<QuarantineEvent>> =>
  Result.succeed(
    elements
      .filter(({ index }) => !state.has(index))
      .map(({ index, reason }) => ({ _tag: "DeliveryQuarantined", provider, index, reason: explain(reason) })),
  )
