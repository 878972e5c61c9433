/** Two processes that append to one log, against one with as many callers. Neither is the process that measures. */
import { Effect } from "effect"
import { contestant } from "../appending.ts"
import { Ground } from "../Ground.ts"
import { connect, count, run, sql } from "../postgres.ts"
import type { Scenario } from "../Scenario.ts"
import { type Mix, small } from "../Workload.ts"
import { start, together } from "../writerProcess.ts"

const mix: Mix = { callers: 64, events: 1, payload: small }

const processes = Effect.fnUntraced(function* (name: string, number: number) {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const writers = yield* Effect.all(
    Array.from({ length: number }, () => start(url, mix.callers / number)),
    { concurrency: "unbounded" },
  )
  return contestant(admin, {
    name,
    about: `${number} × ${mix.callers / number} callers, each process with a connection of its own`,
    mix,
    empty: run(admin, sql("empty-log")),
    append: (seconds) =>
      Effect.map(
        Effect.forEach(writers, (append) => append(seconds), { concurrency: "unbounded" }),
        together,
      ),
    rows: count(admin, "select count(*) from paylog.events"),
  })
})

export const twoProcesses: Scenario = {
  name: "two-processes",
  title: "64 callers in two processes, against one process",
  apart: true,
  comparisons: [
    { of: "two processes", against: "one process", figure: "rate", budget: { must: 1, goal: 1.3 } },
    { of: "two processes", against: "one process", figure: "p99" },
  ],
  prepare: Effect.all([processes("one process", 1), processes("two processes", 2)]),
}
