/** Whether appends slow down as the log grows. */
import { Effect } from "effect"
import { check, fibers } from "../callers.ts"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count, run } from "../postgres.ts"
import type { Contestant, Scenario } from "../Scenario.ts"
import { type Mix, small } from "../Workload.ts"

const mix: Mix = { callers: 64, events: 1, payload: small }

/** Never emptied: the rounds' own events are few beside those stored. */
const appendsTo = Effect.fnUntraced(function* (name: string, events: number) {
  const { url } = yield* (yield* Ground).fill(events)
  const admin = yield* connect(url)
  const services = yield* Paylog.services(url)
  const stored = count(admin, "select max(position) as count from paylog.events")
  const contestant: Contestant = {
    name,
    about: `64 callers, one small event each, after ${events} events of invoices written in bulk (sql/fill-log.sql)`,
    round: Effect.fnUntraced(function* ({ seconds }) {
      yield* run(admin, "checkpoint")
      const before = yield* stored
      const answered = yield* fibers(mix, seconds, Paylog.writer(services, mix))
      const made = yield* count(admin, `select count(*) from paylog.events where position > ${before}`)
      yield* check(name, mix, answered, made)
      return { operations: answered.latencies.length, seconds: answered.seconds, latencies: answered.latencies }
    }),
  }
  return contestant
})

export const storedEvents: Scenario = {
  name: "stored-events",
  title: "64 callers, with ten times the events stored (10 M) against a tenth of them (100 k)",
  long: true,
  comparisons: [{ of: "much stored", against: "little stored", figure: "rate", budget: { must: 0.9, goal: 0.95 } }],
  prepare: Effect.gen(function* () {
    const { events } = yield* Ground
    return yield* Effect.all([
      appendsTo("little stored", Math.ceil(events / 10)),
      appendsTo("much stored", events * 10),
    ])
  }),
}
