/** What the ingester holds in memory while webhooks keep coming. */
import { Effect, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { number } from "../format.ts"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count } from "../postgres.ts"
import { type Contestant, type Scenario, Unsound } from "../Scenario.ts"
import { delivery, ingesterSettings } from "../webhooks/deliveries.ts"
import { idOf, issueInBulk } from "../webhooks/invoices.ts"
import { closedLoop } from "../webhooks/load.ts"
import { startIngester } from "../webhooks/serverProcess.ts"
import { settled } from "../webhooks/settled.ts"

const connections = 64
const parts = 10

/** At least so many, in equal parts of whole turns of `fill-log.sql`. */
const atLeast = (webhooks: number): number => Math.ceil(webhooks / (64 * parts)) * 64 * parts

/** Of another process, in MiB. */
const residentMib = (pid: number): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", `${pid}`], { encoding: "utf8" })) / 1024

/** A long run says where it is. */
const say = (webhooks: number, mib: number): void =>
  void process.stderr.write(`bench: ${webhooks} webhooks, ${number(mib)} MiB\n`)

const name = "ingester"

const contestant = Effect.gen(function* () {
  const ground = yield* Ground
  const webhooks = atLeast(ground.long ? ground.events : 50_000)
  const { url } = yield* ground.fill(0)
  yield* issueInBulk(url, webhooks)
  const admin = yield* connect(url)
  const services = yield* Paylog.services(url)
  const paid = count(admin, "select count(*) from paylog.events where type = 'InvoicePaid'")

  return {
    name,
    about: `the ingester as it runs in production, its followers and workers too; ${webhooks} webhooks, each pays another invoice`,
    round: Effect.fnUntraced(
      function* ({ rehearsal }) {
        // The work is done once, on a log of its own, and warms up by itself.
        if (rehearsal) return { operations: 1, seconds: 1 }
        const { port, pid } = yield* startIngester(ingesterSettings(Redacted.value(url)))
        const memoryMib: Array<number> = []
        let sent = 0
        const next = () => {
          if (sent > 0 && sent % (webhooks / parts) === 0) {
            const resident = residentMib(pid)
            memoryMib.push(resident)
            say(sent, resident)
          }
          return sent < webhooks ? delivery(idOf(sent), sent++) : undefined
        }
        const { latencies, seconds, wrong } = yield* closedLoop(port, connections, next, Infinity, true)
        const rows = yield* paid
        if (wrong !== undefined || rows !== webhooks)
          return yield* new Unsound({
            contestant: name,
            reason: `of ${webhooks} deliveries ${rows} are there, and one was answered with ${wrong}`,
          })
        yield* settled(name, [])
        return { operations: webhooks, seconds, latencies, memoryMib: memoryMib.slice(0, parts) }
      },
      Effect.scoped,
      Effect.provideContext(services),
    ),
  } satisfies Contestant
})

export const webhookMemory: Scenario = {
  name: "webhook-memory",
  apart: true,
  atMostRounds: 1,
  title: "memory of the ingester over 50 k webhooks (--long: as many as --events), resident after each tenth",
  comparisons: [],
  limits: [
    { of: name, figure: "memory", budget: { must: 256, goal: 128 } },
    { of: name, figure: "growth", budget: { must: 1.1, goal: 1.05 } },
  ],
  prepare: Effect.map(contestant, (only) => [only]),
}
