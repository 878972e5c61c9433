/** Signed webhooks over HTTP, until they are durable: the ingester as it runs in production, beside what it is made of and what it replaces. */
import * as Work from "@paylog/payments/Work"
import { Effect, Redacted } from "effect"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count } from "../postgres.ts"
import { type Contestant, type Effort, type Scenario, Unsound } from "../Scenario.ts"
import { delivery, ingesterSettings } from "../webhooks/deliveries.ts"
import { issue } from "../webhooks/invoices.ts"
import { type Answers, closedLoop, openLoop } from "../webhooks/load.ts"
import { start, startIngester } from "../webhooks/serverProcess.ts"
import { settled } from "../webhooks/settled.ts"

/** Of the provider, to the server. */
const connections = 64

/** A round ends early when so many invoices a second are paid. */
const mostPerSecond = 2_500

/** A new process runs at a third of its speed until its code is compiled, which takes it some thousand deliveries. */
const rehearsalSeconds = 8

const lasting = ({ seconds, rehearsal }: Effort): number => (rehearsal ? rehearsalSeconds : seconds)

const contestants = Effect.gen(function* () {
  const ground = yield* Ground
  const { url } = yield* ground.fill(0)
  const admin = yield* connect(url)
  const services = yield* Paylog.services(url)
  const env = ingesterSettings(Redacted.value(url))
  const ours = yield* startIngester(env)
  const verifying = yield* start(new URL("../webhooks/verifyOnly.ts", import.meta.url), env)
  const naive = yield* start(new URL("../webhooks/naive.ts", import.meta.url), env)

  let sent = 0
  const prepared = Effect.fnUntraced(function* (seconds: number) {
    const ids = yield* issue(Math.ceil(seconds * mostPerSecond)).pipe(Effect.provideContext(services))
    yield* settled("webhooks", [Work.openOrders]).pipe(Effect.raceFirst(ours.ended), Effect.provideContext(services))
    const deliveries = ids.map((id) => delivery(id, ++sent))
    return () => deliveries.pop()
  })

  const sound = Effect.fnUntraced(function* (name: string, { latencies, seconds, wrong }: Answers, rows: number) {
    const contestant = name
    if (wrong !== undefined) return yield* new Unsound({ contestant, reason: `a delivery was answered with ${wrong}` })
    if (rows !== latencies.length)
      return yield* new Unsound({
        contestant,
        reason: `${latencies.length} deliveries were answered, and ${rows} are there`,
      })
    return { operations: latencies.length, seconds, latencies }
  })

  const paid = count(admin, "select count(*) from paylog.events where type = 'InvoicePaid'")
  let rate = 0
  const paylog = (
    name: string,
    about: string,
    load: (next: () => Buffer | undefined, seconds: number) => Effect.Effect<Answers, Unsound>,
  ) =>
    ({
      name,
      about,
      round: Effect.fnUntraced(function* (effort) {
        const seconds = lasting(effort)
        const next = yield* prepared(seconds)
        const before = yield* paid
        const answers = yield* load(next, seconds)
        return yield* sound(name, answers, (yield* paid) - before)
      }),
    }) satisfies Contestant

  const repeated = (): (() => Buffer) => {
    const deliveries = Array.from({ length: 1000 }, (_, index) => delivery("inv_00000000000000000000", index))
    let at = 0
    return () => deliveries[at++ % deliveries.length] ?? Buffer.alloc(0)
  }

  return [
    paylog("paylog", `the ingester with its followers and workers, ${connections} connections`, (next, seconds) =>
      closedLoop(ours.port, connections, next, seconds).pipe(
        Effect.tap(({ latencies, seconds }) => Effect.sync(() => (rate = latencies.length / seconds))),
      ),
    ),
    paylog(
      "paylog at half load",
      "the same, at half of its last rate; latency from when a delivery was due",
      (next, seconds) => openLoop(ours.port, connections, next, { perSecond: rate / 2, seconds }),
    ),
    {
      name: "verify only",
      about: "the same HTTP server, verifier and parser; answers 200 and keeps nothing",
      round: Effect.fnUntraced(function* ({ rehearsal, ...effort }) {
        const seconds = rehearsal ? rehearsalSeconds : effort.seconds
        const answers = yield* closedLoop(verifying.port, connections, repeated(), seconds)
        return yield* sound("verify only", answers, answers.latencies.length)
      }),
    },
    {
      name: "naive",
      about: "Node's HTTP server, signature, JSON.parse, one event by Emmett through a pg pool of 16",
      round: Effect.fnUntraced(function* ({ rehearsal, ...effort }) {
        const seconds = rehearsal ? rehearsalSeconds : effort.seconds
        const stored = count(admin, "select count(*) from emt_messages")
        const before = yield* stored
        const deliveries = Array.from({ length: Math.ceil(seconds * mostPerSecond) }, (_, index) =>
          delivery(`inv_${(++sent).toString().padStart(20, "0")}`, index),
        )
        const answers = yield* closedLoop(naive.port, connections, () => deliveries.pop(), seconds)
        return yield* sound("naive", answers, (yield* stored) - before)
      }),
    },
  ] satisfies ReadonlyArray<Contestant>
})

export const webhooks: Scenario = {
  name: "webhooks",
  apart: true,
  title: "signed webhooks over HTTP until durable, 64 connections",
  comparisons: [
    { of: "paylog", against: "verify only", figure: "rate", budget: { must: 0.4, goal: 0.6 } },
    { of: "paylog", against: "naive", figure: "rate", budget: { must: 4, goal: 6 } },
  ],
  limits: [{ of: "paylog at half load", figure: "p99", budget: { must: 50, goal: 25 } }],
  prepare: contestants,
}
