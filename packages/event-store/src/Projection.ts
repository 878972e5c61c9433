/** A follower whose rows follow from the events alone, so that they can be dropped and built anew: a read model. */
import { Predicate } from "effect"
import type { Apply, Follower } from "./Follower.ts"

/** Needs no service: all that it can do is to write its rows, which is why a rebuild may run it. */
export interface Projection<E = never> extends Follower<E> {
  /**
   * 1, 2, 3 …: another one whenever the same events give other rows. Processes of the new version then wait, and those of
   * the old one keep the old rows fresh, until a rebuild has made the new rows and put them in place.
   */
  readonly version: number
  /** What it writes, and nothing else writes: `payments.invoices`. Its statements name them so, schema and all. */
  readonly tables: readonly [string, ...Array<string>]
  /** An `apply` with a memory of its own, for one run over one log. Default: `apply`, which remembers nothing. */
  readonly begin?: () => Apply<E>
}

export const isProjection = <E, R>(follower: Follower<E, R>): follower is Follower<E, R> & Projection<E> =>
  Predicate.hasProperty(follower, "version") && Predicate.hasProperty(follower, "tables")

/** The version of a follower's rows. Those of one that is not rebuilt are of version 1 for ever. */
export const versionOf = <E, R>(follower: Follower<E, R>): number => (isProjection(follower) ? follower.version : 1)

/** What one run over the log applies events with. */
export const begin = <E, R>(follower: Follower<E, R>): Apply<E, R> =>
  isProjection(follower) && follower.begin !== undefined ? follower.begin() : follower.apply
