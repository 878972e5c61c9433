/** What a run comes to, in the form in which `--json` writes it. */
import { Schema } from "effect"
import {
  type Comparison,
  type Contestant,
  type Figure,
  higherIsBetter,
  type Limit,
  type Measurement,
  type Scenario,
} from "./Scenario.ts"
import { ascending, percentile, spread } from "./statistics.ts"

const Spread = Schema.Struct({ median: Schema.Finite, least: Schema.Finite, largest: Schema.Finite })

export const Round = Schema.Struct({
  operations: Schema.Int,
  seconds: Schema.Finite,
  /** Operations a second. */
  rate: Schema.Finite,
  /** Of each call's latency, in milliseconds; absent where a round is one piece of work. */
  p50Ms: Schema.optionalKey(Schema.Finite),
  p99Ms: Schema.optionalKey(Schema.Finite),
  /** After each of equal parts, in MiB; absent where memory is not measured. */
  memoryMib: Schema.optionalKey(Schema.Array(Schema.Finite)),
  /** How long this process collected garbage during the round: noise, and part of the price. */
  garbageMs: Schema.Finite,
})
export type Round = typeof Round.Type

export const ContestantResult = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  rate: Spread,
  p50Ms: Schema.optionalKey(Spread),
  p99Ms: Schema.optionalKey(Spread),
  rounds: Schema.Array(Round),
})
export type ContestantResult = typeof ContestantResult.Type

const Budget = Schema.Struct({
  must: Schema.Finite,
  goal: Schema.Finite,
  /** By the median. */
  reached: Schema.Literals(["Goal", "Must", "Missed"]),
})

export const ComparisonResult = Schema.Struct({
  figure: Schema.Literals(["rate", "p50", "p99", "time", "memory", "growth"]),
  of: Schema.String,
  against: Schema.String,
  /** The figure of the one divided by the other's, of each round. */
  ratio: Spread,
  budget: Schema.optionalKey(Budget),
})
export type ComparisonResult = typeof ComparisonResult.Type

/** A figure that has a budget by itself. */
export const LimitResult = Schema.Struct({
  figure: Schema.Literals(["p50", "p99", "memory", "growth"]),
  of: Schema.String,
  value: Spread,
  budget: Budget,
})
export type LimitResult = typeof LimitResult.Type

export const ScenarioResult = Schema.Struct({
  name: Schema.String,
  title: Schema.String,
  contestants: Schema.Array(ContestantResult),
  comparisons: Schema.Array(ComparisonResult),
  limits: Schema.Array(LimitResult),
})
export type ScenarioResult = typeof ScenarioResult.Type

export const Surroundings = Schema.Struct({
  cpu: Schema.String,
  cores: Schema.Int,
  memoryGib: Schema.Finite,
  system: Schema.String,
  node: Schema.String,
  pg: Schema.String,
  emmett: Schema.String,
  /** As the server says, for a session like those that are measured. */
  server: Schema.Struct({
    postgres: Schema.String,
    fsync: Schema.String,
    synchronousCommit: Schema.String,
    fullPageWrites: Schema.String,
    walSyncMethod: Schema.String,
    sharedBuffers: Schema.String,
    maxWalSize: Schema.String,
  }),
})
export type Surroundings = typeof Surroundings.Type

export const Report = Schema.Struct({
  /** UTC, ISO 8601. */
  startedAt: Schema.String,
  endedAt: Schema.String,
  /** Of the last minute: how many processes wanted to run. Before the run, it should be near 0. */
  loadBefore: Schema.Finite,
  loadAfter: Schema.Finite,
  surroundings: Surroundings,
  options: Schema.Struct({
    rounds: Schema.Int,
    seconds: Schema.Finite,
    events: Schema.Int,
    long: Schema.Boolean,
    only: Schema.Array(Schema.String),
  }),
  scenarios: Schema.Array(ScenarioResult),
})
export type Report = typeof Report.Type

export const toRound = (measurement: Measurement, garbageMs: number): Round => {
  const { operations, seconds, latencies = [], memoryMib } = measurement
  const sorted = latencies.toSorted(ascending)
  return {
    operations,
    seconds,
    rate: operations / seconds,
    ...(sorted.length === 0 ? {} : { p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99) }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
    garbageMs,
  }
}

/** `rounds` has each contestant's rounds, in the order of `contestants`; as many of each. */
export const toResult = (
  scenario: Pick<Scenario, "name" | "title" | "comparisons" | "limits">,
  contestants: ReadonlyArray<Pick<Contestant, "name" | "about">>,
  rounds: ReadonlyArray<ReadonlyArray<Round>>,
): ScenarioResult => {
  const results = contestants.map(({ name, about }, index) => toContestant(name, about, rounds[index] ?? []))
  const named = (name: string) => results.find((result) => result.name === name)?.rounds ?? []
  return {
    name: scenario.name,
    title: scenario.title,
    contestants: results,
    comparisons: scenario.comparisons.map((comparison) =>
      toComparison(comparison, named(comparison.of), named(comparison.against)),
    ),
    limits: (scenario.limits ?? []).map((limit) => toLimit(limit, named(limit.of))),
  }
}

const toContestant = (name: string, about: string, rounds: ReadonlyArray<Round>): ContestantResult => {
  const p50s = rounds.flatMap(({ p50Ms }) => (p50Ms === undefined ? [] : [p50Ms]))
  const p99s = rounds.flatMap(({ p99Ms }) => (p99Ms === undefined ? [] : [p99Ms]))
  return {
    name,
    about,
    rate: spread(rounds.map(({ rate }) => rate)),
    ...(p50s.length === 0 ? {} : { p50Ms: spread(p50s) }),
    ...(p99s.length === 0 ? {} : { p99Ms: spread(p99s) }),
    rounds,
  }
}

const toComparison = (
  { figure, of, against, budget }: Comparison,
  ours: ReadonlyArray<Round>,
  theirs: ReadonlyArray<Round>,
): ComparisonResult => {
  const ratio = spread(ours.map((round, index) => figureOf(round, figure) / figureOf(theirs[index], figure)))
  return {
    figure,
    of,
    against,
    ratio,
    ...(budget === undefined ? {} : { budget: { ...budget, reached: reached(figure, ratio.median, budget) } }),
  }
}

const toLimit = ({ figure, of, budget }: Limit, rounds: ReadonlyArray<Round>): LimitResult => {
  const value = spread(rounds.map((round) => figureOf(round, figure)))
  return { figure, of, value, budget: { ...budget, reached: reached(figure, value.median, budget) } }
}

const figureOf = (round: Round | undefined, figure: Figure): number => {
  switch (figure) {
    case "rate":
      return round?.rate ?? Number.NaN
    case "time":
      return 1 / (round?.rate ?? Number.NaN)
    case "p50":
      return round?.p50Ms ?? Number.NaN
    case "p99":
      return round?.p99Ms ?? Number.NaN
    case "memory":
      return Math.max(...(round?.memoryMib ?? [Number.NaN]))
    case "growth": {
      const parts = round?.memoryMib ?? []
      const third = Math.floor(parts.length / 3)
      return mean(parts.slice(-third)) / mean(parts.slice(-2 * third, -third))
    }
  }
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

const reached = (
  figure: Figure,
  value: number,
  { must, goal }: NonNullable<Comparison["budget"]>,
): "Goal" | "Must" | "Missed" => {
  const within = (limit: number) => (higherIsBetter(figure) ? value >= limit : value <= limit)
  return within(goal) ? "Goal" : within(must) ? "Must" : "Missed"
}
