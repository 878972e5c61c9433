/** A stream's history, folded: what every read model's rows follow from. */
import * as Invoice from "@paylog/domain/Invoice"
import * as Unmatched from "@paylog/domain/Unmatched"
import type { RecordedEvent } from "@paylog/event-store/EventStore"
import * as StoredEvents from "@paylog/payments/StoredEvents"

interface Step<State, Event> {
  readonly recorded: RecordedEvent
  readonly event: Event
  readonly before: State
  readonly after: State
}

export type History = { readonly stream: string; readonly recorded: ReadonlyArray<RecordedEvent> } & (
  | { readonly _tag: "Invoice"; readonly steps: ReadonlyArray<Step<Invoice.Invoice, Invoice.InvoiceEvent>> }
  | { readonly _tag: "Unmatched"; readonly steps: ReadonlyArray<Step<Unmatched.Unmatched, Unmatched.UnmatchedEvent>> }
  /** No money and no state here: a quarantined delivery, an erasure. */
  | { readonly _tag: "Other" }
)

/** Throws for an event that this program cannot read. */
export const of = (stream: string, recorded: ReadonlyArray<RecordedEvent>): History => {
  if (Invoice.idOf(stream) !== undefined)
    return {
      _tag: "Invoice",
      stream,
      recorded,
      steps: fold(recorded, StoredEvents.invoice.decode, Invoice.evolve, Invoice.absent),
    }
  if (stream.startsWith("unmatched-"))
    return {
      _tag: "Unmatched",
      stream,
      recorded,
      steps: fold(recorded, StoredEvents.unmatched.decode, Unmatched.evolve, Unmatched.absent),
    }
  return { _tag: "Other", stream, recorded }
}

const fold = <State, Event>(
  recorded: ReadonlyArray<RecordedEvent>,
  decode: (stored: RecordedEvent) => Event,
  evolve: (state: State, event: Event) => State,
  initial: State,
): ReadonlyArray<Step<State, Event>> => {
  let before = initial
  return recorded.map((one) => {
    const event = decode(one)
    const after = evolve(before, event)
    const step = { recorded: one, event, before, after }
    before = after
    return step
  })
}

/** The same as of an earlier position. */
export const upTo = (history: History, position: bigint): History => {
  const recorded = history.recorded.filter((event) => event.position <= position)
  if (recorded.length === history.recorded.length) return history
  switch (history._tag) {
    case "Invoice":
      return { ...history, recorded, steps: history.steps.slice(0, recorded.length) }
    case "Unmatched":
      return { ...history, recorded, steps: history.steps.slice(0, recorded.length) }
    case "Other":
      return { ...history, recorded }
  }
}
