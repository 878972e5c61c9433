/** Durable appends: how many a second, and how long each takes. */
import { Effect } from "effect"
import { copy, emmett, insertPool, type Make, paylog } from "../appending.ts"
import type { Comparison, Scenario } from "../Scenario.ts"
import { large, type Mix, small } from "../Workload.ts"

const all: ReadonlyArray<Make> = [paylog, emmett, insertPool]

const against = (
  against: string,
  figure: Comparison["figure"],
  budget?: NonNullable<Comparison["budget"]>,
): Comparison => ({ of: "paylog", against, figure, ...(budget === undefined ? {} : { budget }) })

const scenario = (
  name: string,
  title: string,
  mix: Mix,
  comparisons: ReadonlyArray<Comparison>,
  makes: ReadonlyArray<Make> = all,
): Scenario => ({ name, title, comparisons, prepare: Effect.forEach(makes, (make) => make(mix)) })

const plain = (callers: number): Mix => ({ callers, events: 1, payload: small })

export const appends: ReadonlyArray<Scenario> = [
  scenario("append-1", "1 caller, one small event each", plain(1), [
    against("insert", "rate", { must: 0.6, goal: 0.9 }),
    against("emmett", "rate"),
    against("insert", "p50"),
  ]),
  scenario("append-16", "16 callers, one small event each", plain(16), [
    against("insert", "rate"),
    against("emmett", "rate"),
    against("insert", "p50"),
  ]),
  scenario("append-64", "64 callers, one small event each", plain(64), [
    against("emmett", "rate", { must: 10, goal: 15 }),
    against("insert", "rate", { must: 3, goal: 5 }),
    against("insert", "p50", { must: 0.5, goal: 0.3 }),
    against("insert", "p99"),
  ]),
  scenario("append-512", "512 callers, one small event each", plain(512), [
    against("insert", "rate", { must: 5, goal: 7 }),
    against("emmett", "rate"),
    against("insert", "p50"),
  ]),
  scenario("append-64-large", "64 callers, one event of 1.6 KB each", { callers: 64, events: 1, payload: large }, [
    against("emmett", "rate"),
    against("insert", "rate"),
    against("insert", "p50"),
  ]),
  scenario("append-64-five", "64 callers, five small events each", { callers: 64, events: 5, payload: small }, [
    against("emmett", "rate"),
    against("insert", "rate"),
    against("insert", "p50"),
  ]),
  scenario(
    "append-4-bulk",
    "4 callers, five hundred small events each",
    { callers: 4, events: 500, payload: small },
    [against("copy", "rate"), against("emmett", "rate")],
    [paylog, emmett, copy],
  ),
  scenario(
    "conflicts",
    "64 callers, one append in ten at a wrong version",
    { ...plain(64), conflicts: true },
    [against("emmett", "rate")],
    [paylog, emmett],
  ),
]

/** What is harder for the log, held against the log itself. Rates count answers, so also those that append nothing. */
export const hardships: ReadonlyArray<Scenario> = [
  {
    name: "duplicates",
    title: "64 callers, one append in ten repeats the last one's key",
    comparisons: [{ of: "duplicates", against: "paylog", figure: "rate" }],
    prepare: Effect.all([paylog(plain(64)), paylog({ ...plain(64), duplicates: true }, "duplicates")]),
  },
  {
    name: "hot-stream",
    title: "64 callers, all on one stream at any version",
    comparisons: [
      { of: "hot stream", against: "paylog", figure: "rate" },
      { of: "hot stream", against: "insert", figure: "rate" },
    ],
    prepare: Effect.all([paylog(plain(64)), paylog({ ...plain(64), hot: true }, "hot stream"), insertPool(plain(64))]),
  },
]
