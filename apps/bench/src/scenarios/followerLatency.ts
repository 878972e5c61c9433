/** From an append until a follower's transaction that has seen it is committed. */
import type { Follower } from "@paylog/event-store/Follower"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { Context, Deferred, Effect, Exit, Fiber } from "effect"
import { check, fibers } from "../callers.ts"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count, run, sql, statement } from "../postgres.ts"
import type { Contestant, Scenario } from "../Scenario.ts"
import { type Mix, small, type Step } from "../Workload.ts"

const mix: Mix = { callers: 8, events: 1, payload: small }

/** Writes the streams it sees, and has Postgres tell us of them at the commit. */
const follower: Follower = {
  name: "bench",
  apply: Effect.fnUntraced(function* (events, sql) {
    const streams = events.map(({ stream, version }) => `${stream} ${version}`)
    yield* sql.query(apply, [streams])
    // A notification holds 8000 bytes.
    for (let at = 0; at < streams.length; at += 100) yield* sql.query(tell, [streams.slice(at, at + 100).join(",")])
  }),
}

const apply = statement("apply")
const tell = statement("tell")

const contestants = Effect.gen(function* () {
  const { url } = yield* Ground
  const admin = yield* connect(url)
  const listener = yield* connect(url)
  const services = yield* Paylog.services(url)
  const runner = Context.get(services, FollowerRunner)
  const append = Paylog.writer(services, mix)

  const awaited = new Map<string, Deferred.Deferred<void>>()
  listener.on("notification", ({ payload = "" }) => {
    for (const name of payload.split(",")) {
      const waiting = awaited.get(name)
      if (waiting !== undefined) Deferred.doneUnsafe(waiting, Exit.void)
      awaited.delete(name)
    }
  })
  yield* run(admin, "create table if not exists public.applied (event text primary key)")
  yield* run(listener, "listen bench")

  const appendAndAwait = Effect.fnUntraced(function* (step: Step) {
    const applied = Deferred.makeUnsafe<void>()
    awaited.set(`${step.stream} ${(step.expected ?? 0) + 1}`, applied)
    const outcome = yield* append(step)
    yield* Deferred.await(applied)
    return outcome
  })

  const contestant = (name: string, about: string, write: typeof append, applies: boolean): Contestant => ({
    name,
    about,
    round: Effect.fnUntraced(function* ({ seconds }) {
      yield* run(admin, sql("empty-log"))
      yield* run(admin, "truncate public.applied")
      yield* run(admin, "checkpoint")
      const fiber = applies ? yield* Effect.forkChild(runner.run(follower)) : undefined
      const answered = yield* fibers(mix, seconds, write)
      if (fiber !== undefined) yield* Fiber.interrupt(fiber)
      yield* check(name, mix, answered, yield* count(admin, "select count(*) from paylog.events"))
      if (applies) yield* check(name, mix, answered, yield* count(admin, "select count(*) from public.applied"))
      return { operations: answered.latencies.length, seconds: answered.seconds, latencies: answered.latencies }
    }),
  })
  return [
    contestant("acknowledged", `${mix.callers} callers, until the append is acknowledged`, append, false),
    contestant("applied", `${mix.callers} callers, until a follower's commit is heard of`, appendAndAwait, true),
  ]
})

export const followerLatency: Scenario = {
  name: "follower-latency",
  title: "from an append until a follower has applied it",
  comparisons: [
    { of: "applied", against: "acknowledged", figure: "p50" },
    { of: "applied", against: "acknowledged", figure: "p99" },
  ],
  prepare: contestants,
}
