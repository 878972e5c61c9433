/** One process at a time, by a lease that is a row: it outlives no process by more than a few seconds. */
import { Database } from "@paylog/event-store/Database"
import { fromFile } from "@paylog/event-store/Statement"
import { Effect, Metric, Random } from "effect"
import { beat } from "./Loops.ts"
import { patiently } from "./patiently.ts"

/** Whoever falls silent for so long has lost it. */
const leaseMs = 4000
const keepEvery = "1 second"

/**
 * Runs `use` in whichever process of this bot holds the lease; when it dies or stalls, another goes on within 5 s. In doubt
 * about the lease, `use` is interrupted, and run again once it is held. A stop gives it up at once.
 */
export const alone = Effect.fnUntraced(function* <R>(botId: number, use: Effect.Effect<never, never, R>) {
  const database = yield* Database
  const keep = (token: bigint) =>
    database.query(keepLease, [botId, token, leaseMs]).pipe(
      // A server that does not answer keeps no lease.
      Effect.timeout(leaseMs / 2),
      Effect.delay(keepEvery),
      Effect.repeat({ while: (rows) => rows.length > 0 }),
    )
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* beat("poller", "5 seconds")
      // Interrupted while it is taken, it runs out by itself.
      const [held] = yield* restore(
        database.query<{ readonly token: bigint }>(takeLease, [botId, leaseMs]).pipe(patiently("Cannot poll yet")),
      )
      if (held === undefined)
        return yield* restore(Effect.flatMap(Random.nextBetween(500, 1000), (ms) => Effect.sleep(ms)))
      yield* Metric.update(leads, 1)
      yield* restore(Effect.raceFirst(use, Effect.exit(keep(held.token)))).pipe(
        Effect.ensuring(Metric.update(leads, 0)),
        Effect.ensuring(Effect.ignore(database.query(giveUpLease, [botId, held.token]))),
      )
    }),
  ).pipe(Effect.forever)
})

const leads = Metric.gauge("paylog_bot_poller_leads", {
  description: "1 while this process is the one that asks Telegram for updates",
})

const statement = (name: string) => fromFile(new URL(`../sql/pollers/${name}.sql`, import.meta.url))
const takeLease = statement("take")
const keepLease = statement("keep")
const giveUpLease = statement("give-up")
