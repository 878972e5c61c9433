/** Where the sweep stands in a provider's list of orders, and which order is where in it. What it keeps between two calls. */
import type { DateTime, Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "@paylog/event-store/EventStore"

/** A reading of the list that is under way; whoever sweeps next goes on with it. */
export interface Reading {
  /** Before the list was counted. */
  readonly beganAt: DateTime.Utc
  /** How many orders the list had then: what is created later is not read. */
  readonly until: number
  /** The index of the next line to read. */
  readonly next: number
  /** Whether the closed orders are read again too. */
  readonly rereads: boolean
}

export interface Progress {
  readonly provider: string
  /** Counts the saves: one on an older revision is refused, so that a stalled sweep changes nothing. */
  readonly revision: number
  /** How many orders the list had when it was first seen. Those that are not ours among them concern nobody. */
  readonly baseline: number
  /** The index of the oldest order not yet final: each one before it has ended, and the log has how. */
  readonly offset: number
  /** How many of the orders from the baseline to the offset are ours. */
  readonly passed: number
  readonly reading: Reading | undefined
  /** The last reading that came to its end. `difference`: orders in the list that are not ours, less ours that are not in it. */
  readonly completed:
    | { readonly beganAt: DateTime.Utc; readonly count: number; readonly difference: number }
    | undefined
  /** When the last complete reading of the closed orders too began. */
  readonly rereadAt: DateTime.Utc | undefined
}

/** An order and its place in the list. */
export interface Place {
  readonly orderId: string
  readonly externalId: string
  readonly index: number
  readonly createdAt: DateTime.Utc
  /** We asked for it. */
  readonly ours: boolean
  /** It has ended, and the log has how. */
  readonly ended: boolean
}

export class OrderList extends Context.Service<
  OrderList,
  {
    readonly find: (provider: string) => Effect.Effect<Progress | undefined, StoreUnavailable>
    /** Records the first look at the list, once: the first one is kept, and is the answer. */
    readonly begin: (
      first: Pick<Progress, "provider" | "baseline" | "offset">,
    ) => Effect.Effect<Progress, StoreUnavailable>
    /** Saves `progress` as the next revision; false when another one was saved since it was found. */
    readonly save: (progress: Progress) => Effect.Effect<boolean, StoreUnavailable>
    /** The known orders at `from` … `until − 1`. */
    readonly places: (
      provider: string,
      from: number,
      until: number,
    ) => Effect.Effect<ReadonlyArray<Place>, StoreUnavailable>
    /** Adds the orders, or brings them up to date. */
    readonly note: (provider: string, places: ReadonlyArray<Place>) => Effect.Effect<void, StoreUnavailable>
    /** The order's place, when it is known. */
    readonly locate: (provider: string, orderId: string) => Effect.Effect<number | undefined, StoreUnavailable>
    /** The place of the first known order that was created at `createdAt` or later. */
    readonly firstSince: (
      provider: string,
      createdAt: DateTime.Utc,
    ) => Effect.Effect<number | undefined, StoreUnavailable>
    /** How many orders at `from` … `until − 1` are ours, and how many that we opened before `openedBefore` have no place. */
    readonly tally: (
      provider: string,
      range: { readonly from: number; readonly until: number; readonly openedBefore: DateTime.Utc },
    ) => Effect.Effect<{ readonly ours: number; readonly missing: number }, StoreUnavailable>
    /** Forgets every place, since the list has shifted; the orders stay known. */
    readonly forgetPlaces: (provider: string) => Effect.Effect<void, StoreUnavailable>
  }
>()("payments/OrderList") {}
