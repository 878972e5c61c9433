import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { assert } from "vitest"
import { formatBudgets, formatHeader, formatScenario } from "../src/format.ts"
import { Report, type Round, toResult, toRound } from "../src/Result.ts"
import type { Comparison } from "../src/Scenario.ts"

const contestants = [
  { name: "ours", about: "what we do" },
  { name: "theirs", about: "what they do" },
]

const rounds = (...rates: ReadonlyArray<number>): ReadonlyArray<Round> =>
  rates.map((rate) => toRound({ operations: rate, seconds: 1, latencies: [1000 / rate] }, 0))

const compare = (
  comparison: Pick<Comparison, "figure" | "budget">,
  ours: ReadonlyArray<Round>,
  theirs: ReadonlyArray<Round>,
) =>
  toResult(
    { name: "race", title: "a race", comparisons: [{ of: "ours", against: "theirs", ...comparison }] },
    contestants,
    [ours, theirs],
  )

const ratioOf = (result: ReturnType<typeof compare>) => result.comparisons[0]

describe("a round", () => {
  it("has a rate by its own time, and percentiles of its latencies in any order", () => {
    const round = toRound({ operations: 300, seconds: 1.5, latencies: [5, 1, 3] }, 12)
    assert.deepStrictEqual(round, { operations: 300, seconds: 1.5, rate: 200, p50Ms: 3, p99Ms: 5, garbageMs: 12 })
  })

  it("that is one piece of work has no percentiles", () => {
    assert.notProperty(toRound({ operations: 10, seconds: 2 }, 0), "p50Ms")
  })
})

describe("a ratio", () => {
  it("is of one round's figures, not of medians over all of them", () => {
    const result = compare({ figure: "rate" }, rounds(100, 400, 900), rounds(100, 100, 300))
    assert.deepStrictEqual(ratioOf(result)?.ratio, { median: 3, least: 1, largest: 4 })
  })

  it("of times is that of rates turned over", () => {
    const result = compare({ figure: "time" }, rounds(100), rounds(400))
    assert.strictEqual(ratioOf(result)?.ratio.median, 4)
  })

  it.each([
    ["rate", 300, "Goal"],
    ["rate", 299, "Must"],
    ["rate", 200, "Must"],
    ["rate", 199, "Missed"],
    ["p50", 500, "Goal"],
    ["p50", 200, "Must"],
    ["p50", 199, "Missed"],
    ["time", 199, "Missed"],
  ] as const)("of %s, ours being %i to their 100, is %s", (figure, ours, reached) => {
    const budget = figure === "rate" ? { must: 2, goal: 3 } : { must: 0.5, goal: 0.2 }
    const result = compare({ figure, budget }, rounds(ours), rounds(100))
    assert.strictEqual(ratioOf(result)?.budget?.reached, reached)
  })
})

describe("a limit", () => {
  const limited = (...p99s: ReadonlyArray<number>) =>
    toResult(
      {
        name: "race",
        title: "a race",
        comparisons: [],
        limits: [{ of: "ours", figure: "p99", budget: { must: 250, goal: 100 } }],
      },
      contestants,
      [p99s.map((ms) => toRound({ operations: 1, seconds: 1, latencies: [ms] }, 0)), []],
    )

  it.each([
    [100, "Goal"],
    [101, "Must"],
    [250, "Must"],
    [251, "Missed"],
  ] as const)("of 250 ms, or better 100, with a median of %i, is %s", (median, reached) => {
    assert.deepStrictEqual(limited(1, median, 900).limits, [
      {
        figure: "p99",
        of: "ours",
        value: { median, least: 1, largest: 900 },
        budget: { must: 250, goal: 100, reached },
      },
    ])
  })

  it("is shown with its unit, and among the budgets", () => {
    const result = limited(70)
    const line = "ours  p99  70 [70–70] ms  must ≤ 250  goal ≤ 100  goal reached"
    assert.include(formatScenario(result), line)
    assert.strictEqual(formatBudgets([result]), `\nbudgets\n  race  ${line}`)
  })
})

describe("memory", () => {
  const limited = (figure: "memory" | "growth", ...memoryMib: ReadonlyArray<number>) =>
    toResult(
      {
        name: "race",
        title: "a race",
        comparisons: [],
        limits: [{ of: "ours", figure, budget: { must: 256, goal: 128 } }],
      },
      contestants,
      [[toRound({ operations: 1, seconds: 1, memoryMib }, 0)], []],
    ).limits[0]

  it("is the most of its parts, held against a budget by itself", () => {
    assert.strictEqual(limited("memory", 200, 255, 10)?.budget.reached, "Must")
    assert.strictEqual(limited("memory", 257, 200, 10)?.budget.reached, "Missed")
  })

  it("has grown by what its last third is over the middle one", () => {
    assert.strictEqual(limited("growth", 1, 1, 100, 100, 110, 110)?.value.median, 1.1)
  })
})

describe("the report", () => {
  const report: Report = {
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:09:00.000Z",
    loadBefore: 0.1,
    loadAfter: 1.9,
    surroundings: {
      cpu: "A processor",
      cores: 2,
      memoryGib: 8,
      system: "Linux 6",
      node: "v24.0.0",
      pg: "8.0.0",
      emmett: "0.42.0",
      server: {
        postgres: "18.4",
        fsync: "on",
        synchronousCommit: "on",
        fullPageWrites: "on",
        walSyncMethod: "fdatasync",
        sharedBuffers: "128MB",
        maxWalSize: "1GB",
      },
    },
    options: { rounds: 2, seconds: 1, events: 1000, long: false, only: [] },
    scenarios: [compare({ figure: "rate", budget: { must: 2, goal: 3 } }, rounds(250, 450), rounds(100, 100))],
  }

  it("is JSON that its schema reads back as it was", () => {
    const codec = Schema.fromJsonString(Report)
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(report)), report)
  })

  it("has the fields that readers of the JSON rely on", () => {
    const json = JSON.parse(Schema.encodeSync(Schema.fromJsonString(Report))(report))
    assert.containsAllKeys(json, [
      "startedAt",
      "endedAt",
      "loadBefore",
      "loadAfter",
      "surroundings",
      "options",
      "scenarios",
    ])
    assert.deepStrictEqual(json.scenarios[0].comparisons, [
      {
        figure: "rate",
        of: "ours",
        against: "theirs",
        ratio: { median: 3.5, least: 2.5, largest: 4.5 },
        budget: { must: 2, goal: 3, reached: "Goal" },
      },
    ])
    assert.deepStrictEqual(json.scenarios[0].contestants[0].rounds[0], {
      operations: 250,
      seconds: 1,
      rate: 250,
      p50Ms: 4,
      p99Ms: 4,
      garbageMs: 0,
    })
  })

  it("ends with every budget, and nothing that has none", () => {
    const unbudgeted = compare({ figure: "p99" }, rounds(1), rounds(1))
    assert.strictEqual(
      formatBudgets([...report.scenarios, unbudgeted]),
      "\nbudgets\n  race  ours / theirs  rate  3.5 [2.5–4.5] ×  must ≥ 2  goal ≥ 3  goal reached",
    )
  })

  it("is for people with durability, versions, spread and verdict", () => {
    const text = [formatHeader(report), ...report.scenarios.map(formatScenario)].join("\n")
    assert.include(text, "fsync on, synchronous_commit on, full_page_writes on, wal_sync_method fdatasync")
    assert.include(text, "Emmett 0.42.0")
    assert.include(text, "ours / theirs  rate  3.5 [2.5–4.5] ×  must ≥ 2  goal ≥ 3  goal reached")
  })
})
