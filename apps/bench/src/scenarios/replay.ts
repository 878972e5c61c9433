/** The invoice read model from nothing, against reading the same events and doing nothing with them. */
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { Context, Effect, Fiber } from "effect"
import { Ground } from "../Ground.ts"
import * as Paylog from "../peers/paylog.ts"
import { connect, count, run, statement } from "../postgres.ts"
import { type Contestant, type Scenario, Unsound } from "../Scenario.ts"

const page = 5000

/** The log, and up to where it is replayed: a quarter of it, unless there is time for all. */
const replayed = Effect.gen(function* () {
  const { filled, long } = yield* Ground
  const { url, events } = yield* filled
  return { url, events: long ? events : Math.ceil(events / 4) }
})

/** A follower's bookmark stops at batches, so it may be a little past the last event that counts. */
const followerFrom0 = Effect.gen(function* () {
  const { url, events } = yield* replayed
  const admin = yield* connect(url)
  const runner = Context.get(yield* Paylog.services(url), FollowerRunner)
  const contestant: Contestant = {
    name: "follower",
    about: "the follower `invoices` catching up from 0: batches of 1000, each a transaction with its bookmark",
    round: Effect.fnUntraced(function* ({ rehearsal }) {
      const last = rehearsal ? Math.min(events, 20_000) : events
      yield* run(admin, "truncate payments.invoices, paylog.bookmarks cascade")
      yield* run(admin, "checkpoint")
      const start = performance.now()
      const fiber = yield* Effect.forkChild(runner.run(InvoiceRows.follower))
      yield* Effect.orDie(runner.awaitBookmark(InvoiceRows.follower.name, BigInt(last), "30 minutes"))
      const seconds = (performance.now() - start) / 1000
      yield* Fiber.interrupt(fiber)
      const missing = yield* count(admin, missingRows)
      if (missing > 0) {
        return yield* new Unsound({ contestant: "follower", reason: `${missing} invoices have no row or an old one` })
      }
      return { operations: last, seconds }
    }),
  }
  return contestant
})

/** Of every invoice up to the bookmark, the row must be of its last event up to there. */
const missingRows = `
  select count(*)
  from (
    select stream, max(version) as version
    from paylog.events
    where position <= (select position from paylog.bookmarks where follower = 'invoices')
    group by stream
  ) as history
  left join payments.invoices on stream = 'invoice-' || invoice_id and invoices.version = history.version
  where invoice_id is null`

const bareLoop = Effect.gen(function* () {
  const { url, events } = yield* replayed
  const client = yield* connect(url)
  const contestant: Contestant = {
    name: "bare loop",
    about: `one pg client, the same columns in pages of ${page}, JSON.parse of each event's data, and nothing else`,
    round: Effect.fnUntraced(function* ({ rehearsal }) {
      const last = rehearsal ? Math.min(events, 50_000) : events
      const start = performance.now()
      const seen = yield* Effect.promise(async () => {
        let position = 0n
        let seen = 0
        while (seen < last) {
          const { rows } = await client.query<{ readonly position: bigint; readonly data: string }>({
            ...readPage,
            values: [position, Math.min(page, last - seen)],
          })
          if (rows.length === 0) return seen
          for (const row of rows) {
            JSON.parse(row.data)
            position = row.position
          }
          seen += rows.length
        }
        return seen
      })
      const seconds = (performance.now() - start) / 1000
      if (seen !== last) {
        return yield* new Unsound({ contestant: "bare loop", reason: `${seen} of ${last} events were read` })
      }
      return { operations: seen, seconds }
    }),
  }
  return contestant
})

const readPage = statement("read-page")

export const replay: Scenario = {
  name: "replay",
  title: "a quarter of the log, with --long all of it, replayed into the invoice read model",
  comparisons: [{ of: "follower", against: "bare loop", figure: "time", budget: { must: 2, goal: 1.5 } }],
  prepare: Effect.all([followerFrom0, bareLoop]),
}
