/** What the ledger says: the balance of every account at a position, whether all is zero that must be, and what needs a person. */
import type * as Ledger from "@paylog/domain/Ledger"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect, Metric, Schedule, Schema } from "effect"
import { follower } from "./LedgerEntries.ts"

export interface Balance {
  readonly currency: string
  readonly account: Ledger.Account
  /** All that was ever posted there, as decimal text. */
  readonly debits: string
  readonly credits: string
  /** Debits less credits. */
  readonly balance: string
}

export interface OpenAlarm {
  readonly alarm: Ledger.Alarm["_tag"]
  readonly stream: string
  readonly provider: string
  readonly orderId: string
  /** Of the event that raised it. */
  readonly position: bigint
}

/** An event whose entries do not sum to zero. Nothing writes such; somebody changed the rows. */
export interface UnbalancedEvent {
  readonly position: bigint
  readonly currency: string
  readonly sum: string
}

export interface TrialBalance {
  /** Every event up to here is in it, but for those of the streams that the ledger has parked. */
  readonly position: bigint
  /** How far the ledger has come, and the log: what is between them is in no balance yet. */
  readonly reached: bigint
  readonly head: bigint
  readonly balances: ReadonlyArray<Balance>
  readonly alarms: ReadonlyArray<OpenAlarm>
  readonly parked: ReadonlyArray<string>
  /** The first hundred. */
  readonly unbalanced: ReadonlyArray<UnbalancedEvent>
}

/** The ledger has not come so far. */
export class LedgerBehind extends Schema.TaggedError<LedgerBehind>()("LedgerBehind", {
  position: Schema.BigInt,
  reached: Schema.BigInt,
}) {
  override readonly message = `The ledger is at position ${this.reached}, not yet at ${this.position}`
}

const statement = (name: string) => Statement.fromFile(new URL(`../sql/ledger/${name}.sql`, import.meta.url))
const oneMoment = statement("one-moment")
const positions = statement("position")
const parkedStreams = statement("parked")
const balances = statement("balances")
const openAlarms = statement("open-alarms")
const unbalanced = statement("unbalanced")
const tellAlarms = statement("tell-alarms")
const countAlarms = statement("count-alarms")

/** All of it as of one moment, in a transaction that can only read. Reads every entry up to the position, twice. */
export const read = Effect.fn("TrialBalance.read")(function* (at?: bigint) {
  const { transaction } = yield* Database
  return yield* transaction((sql) =>
    Effect.gen(function* () {
      yield* sql.query(oneMoment)
      const [found] = yield* sql.query<Pick<TrialBalance, "reached" | "head">>(positions, [follower.name])
      const { reached, head } = found ?? { reached: 0n, head: 0n }
      const position = at ?? reached
      if (position > reached) return yield* new LedgerBehind({ position, reached })
      const parked = yield* sql.query<{ readonly stream: string }>(parkedStreams, [follower.name, position])
      const trial: TrialBalance = {
        position,
        reached,
        head,
        parked: parked.map(({ stream }) => stream),
        balances: yield* sql.query<Balance>(balances, [position]),
        alarms: yield* sql.query<OpenAlarm>(openAlarms, [position]),
        unbalanced: yield* sql.query<UnbalancedEvent>(unbalanced, [position, 100]),
      }
      return trial
    }),
  )
})

/**
 * Watches for alarms for ever: each is an error in the log once, of all processes that watch, and the gauge has how many are
 * open. While the store is out of reach it waits.
 */
export const watch = Effect.gen(function* () {
  const { query } = yield* Database
  const look = Effect.gen(function* () {
    for (const told of yield* query<Omit<OpenAlarm, "position">>(tellAlarms))
      yield* Effect.logError(words[told.alarm]).pipe(Effect.annotateLogs({ ...told }))
    const open = yield* query<{ readonly alarm: string; readonly alarms: bigint }>(countAlarms)
    for (const alarm of Object.keys(words)) {
      const count = open.find((row) => row.alarm === alarm)?.alarms ?? 0n
      yield* Metric.update(Metric.withAttributes(alarmsOpen, { alarm }), Number(count))
    }
  })
  return yield* look.pipe(
    Effect.catchTag("StoreUnavailable", () => Effect.void),
    Effect.repeat(Schedule.spaced("5 seconds")),
    Effect.andThen(Effect.never),
  )
})

const words: Readonly<Record<Ledger.Alarm["_tag"], string>> = {
  MoneyNotConserved: "A payment's gross is not its fee and net; the ledger has the gap under Unexplained",
  MoneyUnread: "A payment has an amount that nobody can read; no account has it",
}

const alarmsOpen = Metric.gauge("paylog_ledger_alarms", {
  description: "Payments whose parts are not the whole, or that nobody can read, and that no person has dealt with",
})
