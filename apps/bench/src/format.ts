/** Results for people. */
import type { ComparisonResult, ContestantResult, LimitResult, Report, ScenarioResult } from "./Result.ts"
import { type Figure, higherIsBetter } from "./Scenario.ts"
import type { Spread } from "./statistics.ts"

/** The machine and its settings, before the results. */
export const formatHeader = ({ surroundings, options, startedAt, loadBefore }: Omit<Report, "scenarios">): string => {
  const { cpu, cores, memoryGib, system, node, pg, emmett, server } = surroundings
  return [
    `${startedAt}, ${cores} × ${cpu}, ${memoryGib} GiB, ${system}, load ${number(loadBefore)}`,
    `Node ${node}, Postgres ${server.postgres}, pg ${pg}, Emmett ${emmett}`,
    `fsync ${server.fsync}, synchronous_commit ${server.synchronousCommit}, full_page_writes ${server.fullPageWrites}, wal_sync_method ${server.walSyncMethod}, shared_buffers ${server.sharedBuffers}, max_wal_size ${server.maxWalSize}`,
    `${options.rounds} alternating rounds of ${number(options.seconds)} s; median [least–largest]`,
  ].join("\n")
}

/** One scenario: everyone's figures, then the ratios and what they should be. */
export const formatScenario = ({ name, title, contestants, comparisons, limits }: ScenarioResult): string =>
  [
    "",
    `${name}: ${title}`,
    ...table(contestants.map(contestantCells)),
    ...table([...comparisons.map(comparisonCells), ...limits.map(limitCells)]),
  ].join("\n")

/** Every ratio and figure that has a budget, once more; nothing when there is none. */
export const formatBudgets = (scenarios: ReadonlyArray<ScenarioResult>): string => {
  const rows = scenarios.flatMap(({ name, comparisons, limits }) =>
    [...comparisons.filter(({ budget }) => budget !== undefined).map(comparisonCells), ...limits.map(limitCells)].map(
      (cells) => [name, ...cells],
    ),
  )
  return rows.length === 0 ? "" : ["", "budgets", ...table(rows)].join("\n")
}

const contestantCells = ({ name, rate, p50Ms, p99Ms, rounds }: ContestantResult): ReadonlyArray<string> => {
  const garbage = rounds.reduce((sum, { garbageMs }) => sum + garbageMs, 0)
  const seconds = rounds.reduce((sum, { seconds }) => sum + seconds, 0)
  return [
    name,
    `${show(rate)} /s`,
    p50Ms === undefined ? "" : `p50 ${show(p50Ms)} ms`,
    p99Ms === undefined ? "" : `p99 ${show(p99Ms)} ms`,
    `gc ${number(garbage / seconds / 10)} %`,
    ...rounds.flatMap(({ memoryMib }) =>
      memoryMib === undefined ? [] : [`memory ${memoryMib.map(number).join(", ")} MiB`],
    ),
  ]
}

const comparisonCells = ({ figure, of, against, ratio, budget }: ComparisonResult): ReadonlyArray<string> => [
  `${of} / ${against}`,
  figure,
  `${show(ratio)} ×`,
  ...(budget === undefined ? [] : budgetCells(figure, budget)),
]

const limitCells = ({ figure, of, value, budget }: LimitResult): ReadonlyArray<string> => [
  of,
  figure,
  `${show(value)} ${units[figure]}`,
  ...budgetCells(figure, budget),
]

const units = { p50: "ms", p99: "ms", memory: "MiB", growth: "×" } as const

const budgetCells = (figure: Figure, { must, goal, reached }: LimitResult["budget"]): ReadonlyArray<string> => {
  const sign = higherIsBetter(figure) ? "≥" : "≤"
  return [`must ${sign} ${number(must)}`, `goal ${sign} ${number(goal)}`, verdicts[reached]]
}

const verdicts = { Goal: "goal reached", Must: "must reached", Missed: "MISSED" }

/** `12.3 [11.2–14.0]` */
export const show = ({ median, least, largest }: Spread): string =>
  `${number(median)} [${number(least)}–${number(largest)}]`

/** Three digits; more would say more than a round can. */
export const number = (value: number): string => (value >= 1000 ? thousands : digits).format(value)

const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: false })
const thousands = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: true })

/** Columns as wide as they need to be. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join("  ")}`.trimEnd())
}
