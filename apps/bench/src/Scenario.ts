/** What a scenario is: some contestants that do the same work in turns, and what their figures are compared by. */
import { type Effect, Schema, type Scope } from "effect"
import type { Ground } from "./Ground.ts"

/** How much one round does. */
export interface Effort {
  /** How long work goes on that has no end of its own. */
  readonly seconds: number
  /** Before the rounds that count: enough to warm connections, plans, caches and compiled code. */
  readonly rehearsal: boolean
}

export interface Measurement {
  readonly operations: number
  readonly seconds: number
  /** A call each, in milliseconds, in any order; none where a round is one piece of work. */
  readonly latencies?: ReadonlyArray<number>
  /** How long the process that works collected garbage, where it is not the one that measures. */
  readonly garbageMs?: number
  /** What the working process held resident, in MiB, after each of equal parts of the work. */
  readonly memoryMib?: ReadonlyArray<number>
}

/** A contestant did not do what it answered, so its figures mean nothing, and the run ends. */
export class Unsound extends Schema.TaggedError<Unsound>()("Unsound", {
  contestant: Schema.String,
  reason: Schema.String,
}) {
  override readonly message = `${this.contestant}: ${this.reason}`
}

export interface Contestant {
  readonly name: string
  /** What it does and with which settings, for whoever doubts the figures. */
  readonly about: string
  /** Starts from the same state each time, measures, and then checks that what was answered is there. */
  readonly round: (effort: Effort) => Effect.Effect<Measurement, Unsound>
}

/**
 * `rate`: operations a second, more is better. `p50`, `p99`: of the latencies; `time`: of an operation; `memory`: the most of its
 * parts; `growth`: the memory of the last third over that of the middle one, since the first warms up. Less is better.
 */
export type Figure = "rate" | "p50" | "p99" | "time" | "memory" | "growth"

/** The figure of `of`, divided by the one of `against` in the same round. */
export interface Comparison {
  readonly figure: Figure
  readonly of: string
  readonly against: string
  /** What the ratio must reach, and what it should. Absent: only shown. */
  readonly budget?: { readonly must: number; readonly goal: number }
}

/** A figure that has a budget by itself, whatever a peer does: in milliseconds, MiB, or as a ratio. */
export interface Limit {
  readonly figure: "p50" | "p99" | "memory" | "growth"
  readonly of: string
  readonly budget: { readonly must: number; readonly goal: number }
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Only with `--long`. */
  readonly long?: boolean
  /** Its contestants start processes of their own. Default: each contestant gets one, which prepares them all and runs it. */
  readonly apart?: true
  /** Of Node, for each contestant's process: as production starts what does this work. Default: none. */
  readonly execArgv?: ReadonlyArray<string>
  /** Where a round is long whatever `--seconds` says. */
  readonly atMostRounds?: number
  readonly comparisons: ReadonlyArray<Comparison>
  readonly limits?: ReadonlyArray<Limit>
  /** What contestants need lives as long as the scope. */
  readonly prepare: Effect.Effect<ReadonlyArray<Contestant>, Unsound, Ground | Scope.Scope>
}

export const higherIsBetter = (figure: Figure): boolean => figure === "rate"
