/** The invoice read model from nothing, against reading the same events and doing nothing with them. */
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Rebuild from "@paylog/event-store/Rebuild"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { Context, Effect, Fiber } from "effect"
import type { Client } from "pg"
import { type Filled, Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count, run, statement } from "../postgres.ts"
import { type Contestant, type Scenario, Unsound } from "../Scenario.ts"

const page = 5000

/** Of the follower, and of the rebuild. */
const budget = { must: 2, goal: 1.5 }

/** Fills the read model from nothing, and finds it as the log has it. */
const builder = (
  name: string,
  about: string,
  { events }: Filled,
  admin: Client,
  build: Effect.Effect<unknown>,
): Contestant => ({
  name,
  about,
  round: Effect.fnUntraced(function* () {
    yield* run(admin, "truncate payments.invoices, paylog.bookmarks cascade")
    yield* run(admin, "checkpoint")
    const start = performance.now()
    yield* build
    const seconds = (performance.now() - start) / 1000
    const reached = yield* count(admin, "select position as count from paylog.bookmarks where follower = 'invoices'")
    if (reached !== events) return yield* new Unsound({ contestant: name, reason: `${reached} of ${events} were read` })
    const missing = yield* count(admin, missingRows)
    return missing === 0
      ? { operations: events, seconds }
      : yield* new Unsound({ contestant: name, reason: `${missing} invoices have no row or an old one` })
  }),
})

/** An invoice's row must be that of its last event. */
const missingRows = `
  select count(*)
  from (select stream, max(version) as version from paylog.events group by stream) as history
  left join payments.invoices on stream = 'invoice-' || invoice_id and invoices.version = history.version
  where invoice_id is null`

const bareLoop = (client: Client, { events }: Filled): Contestant => ({
  name: "bare loop",
  about: `one pg client, the same columns in pages of ${page}, JSON.parse of each event's data, and nothing else`,
  round: Effect.fnUntraced(function* () {
    const start = performance.now()
    const seen = yield* Effect.promise(async () => {
      let seen = 0
      while (true) {
        const values = [seen, page]
        const { rows } = await client.query<{ readonly data: string }>({ ...readPage, values })
        for (const { data } of rows) JSON.parse(data)
        seen += rows.length
        if (rows.length < page) return seen
      }
    })
    const seconds = (performance.now() - start) / 1000
    return seen === events
      ? { operations: seen, seconds }
      : yield* new Unsound({ contestant: "bare loop", reason: `${seen} of ${events} events were read` })
  }),
})

const readPage = statement("read-page")

/** A quarter of the events, unless there is time for all. */
const log = Effect.gen(function* () {
  const { filled, fill, long, events } = yield* Ground
  return yield* long ? filled : fill(Math.ceil(events / 4))
})

const contestants = Effect.gen(function* () {
  const filled = yield* log
  const admin = yield* connect(filled.url)
  const services = yield* Paylog.services(filled.url)
  const runner = Context.get(services, FollowerRunner)
  const follow = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(runner.run(InvoiceRows.follower))
    yield* runner.awaitBookmark(InvoiceRows.follower.name, BigInt(filled.events), "30 minutes")
    yield* Fiber.interrupt(fiber)
  })
  const rebuild = Rebuild.run(InvoiceRows.follower)
  return [
    builder("follower", "catching up from 0, in batches of 5000 events", filled, admin, Effect.orDie(follow)),
    builder(
      "rebuild",
      "the rows built anew beside the live ones, in 2 shards, and put in place",
      filled,
      admin,
      Effect.orDie(Effect.provideContext(rebuild, services)),
    ),
    bareLoop(admin, filled),
  ]
})

export const replay: Scenario = {
  name: "replay",
  // As `pnpm paylog` is started, which rebuilds.
  execArgv: ["--max-semi-space-size=64"],
  title: "a quarter of the events (--long: all) replayed into the invoice read model",
  comparisons: [
    { of: "rebuild", against: "bare loop", figure: "time", budget },
    { of: "follower", against: "bare loop", figure: "time", budget },
  ],
  prepare: contestants,
}
