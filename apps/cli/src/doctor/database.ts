/** The database: its settings, its schema, who may what, its clock, and whether those who work with it keep up. Reads only. */
import type { Database } from "@paylog/event-store/Database"
import type { EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { requireCurrent } from "@paylog/event-store/Migrations"
import { requireSafe } from "@paylog/event-store/ServerSettings"
import * as Statement from "@paylog/event-store/Statement"
import * as followers from "@paylog/payments/followers"
import { migrations } from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/Sealer"
import * as SealerTables from "@paylog/sealer/migrations"
import { Clock, type Config, Effect, type FileSystem } from "effect"
import { isForbidden } from "../acting.ts"
import * as print from "../print.ts"
import type { Server } from "../services.ts"
import { ask, isThere, notSeen } from "./asking.ts"
import { type Finding, unseen, warning, well, wrong } from "./Finding.ts"
import * as sealing from "./sealing.ts"

type Findings = ReadonlyArray<Finding>

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/doctor/${name}.sql`, import.meta.url))
const rightsStatement = statement("rights")
const loginStatement = statement("login")
const clockStatement = statement("clock")
const followersStatement = statement("followers")
const workStatement = statement("work")
const sweepsStatement = statement("sweeps")
const heardStatement = statement("heard")

/** Everything that stands in the database; a database out of reach is a finding too, and the only one. */
export const check = (
  at: Server,
): Effect.Effect<Findings, Config.ConfigError, Database | EventStore | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const settled = yield* Effect.all([settings(at), schema(at)])
    // Without its tables there is nothing else to ask for.
    if (!(yield* isThere("paylog.bookmarks"))) return settled.flat()
    const rest = yield* Effect.all([
      rights,
      login,
      clock,
      lag,
      work,
      messages,
      ownersChat,
      updates,
      sweeps,
      heard,
      sealing.check,
    ])
    return [...settled, ...rest].flat()
  }).pipe(
    Effect.catchTag("StoreUnavailable", ({ message }) =>
      Effect.succeed([
        wrong("database", message, "Is it running, and are DATABASE_URL's host, port and password right?"),
      ]),
    ),
  )

const settings = (at: Server) =>
  requireSafe(at).pipe(
    Effect.as<Findings>([well("settings", "fsync, full_page_writes and synchronous_commit are on")]),
    Effect.catchTag("UnsafeServer", ({ message }) => {
      const place = message.indexOf("Turn on")
      return Effect.succeed([wrong("settings", message.slice(0, place).trim(), message.slice(place))])
    }),
  )

const schema = (at: Server) => {
  const other = ({ message }: { readonly message: string }) =>
    Effect.succeed([
      wrong("schema", message, "Start the ingester once with DATABASE_OWNER_URL, or the program that fits"),
    ])
  return requireCurrent(at, [EventStorePostgres.migrations, SealerTables.migrations, migrations]).pipe(
    Effect.as<Findings>([well("schema", "The tables are this program's")]),
    Effect.catchTags({ SchemaBehind: other, SchemaDiffers: other }),
    Effect.catchDefect((defect) =>
      isForbidden(defect)
        ? Effect.succeed<Findings>([unseen("schema", "This login may not look at it", "grant paylog_read to it")])
        : Effect.die(defect),
    ),
  )
}

const rights = Effect.map(ask<{ readonly what: string; readonly fix: string }>(rightsStatement), (rows): Findings => {
  if (rows === undefined) return notSeen("rights")
  return rows.length === 0
    ? [well("rights", "Roles, grants and triggers are as they are to be: no login of a process can change the log")]
    : rows.map(({ what, fix }) => wrong("rights", what, fix))
})

const login = Effect.map(
  ask<{ readonly isSuperuser: boolean; readonly isOwner: boolean }>(loginStatement),
  (rows): Findings => {
    const [found] = rows ?? []
    if (found?.isSuperuser === true || found?.isOwner === true)
      return [
        warning(
          "login",
          `DATABASE_URL's login ${found.isSuperuser ? "is a superuser" : "owns the tables"}: whoever takes over a process can switch the log's guards off`,
          "In production give the processes a login of paylog_append and paylog_project: docs/operations.md, Roles",
        ),
      ]
    return [well("login", "DATABASE_URL's login does not own the tables")]
  },
)

/** More than this apart, an event's time says little. */
const clockMs = 2000
const alarmMs = 5000

const clock = Effect.gen(function* () {
  const before = yield* Clock.currentTimeMillis
  const rows = yield* ask<{ readonly nowMs: number; readonly lastMs: number | null }>(clockStatement)
  const after = yield* Clock.currentTimeMillis
  const [row] = rows ?? []
  if (row === undefined) return notSeen("clock")
  const { nowMs, lastMs } = row
  const apart = Math.max(0, before - nowMs, nowMs - after)
  const findings: Array<Finding> = []
  if (apart > clockMs)
    findings.push(
      wrong(
        "clock",
        `The database's clock is ${print.duration(apart)} from this machine's`,
        "Let both follow NTP: chronyc tracking",
      ),
    )
  if (lastMs !== null && lastMs - nowMs > alarmMs)
    findings.push(
      wrong(
        "clock",
        `The last event was recorded ${print.duration(lastMs - nowMs)} ahead of the database's clock, which was set back`,
        "Let it follow NTP. Until it has caught up, events are recorded at that same time",
      ),
    )
  return findings.length > 0 ? findings : [well("clock", "The database's clock agrees with this machine's")]
})

const lagMs = 60_000

const lag = Effect.gen(function* () {
  const rows = yield* ask<{
    readonly follower: string
    readonly behind: bigint
    readonly lagMs: number
    readonly parked: bigint
  }>(followersStatement)
  if (rows === undefined) return notSeen("followers")
  const findings: Array<Finding> = rows.flatMap(({ follower, behind, lagMs: late, parked }) => [
    ...(late > lagMs
      ? [
          wrong(
            "followers",
            `${follower} is ${print.count(behind, "event")} behind, for ${print.duration(late)}`,
            "Is an ingester running, and what does its log say? See paylog followers",
          ),
        ]
      : []),
    ...(parked > 0n
      ? [
          wrong(
            "followers",
            `${follower} has parked ${print.count(parked, "stream")}`,
            `Mend what paylog followers names; then paylog unpark ${follower} STREAM`,
          ),
        ]
      : []),
  ])
  const missing = [...followers.followers, Sealer.follower].filter(
    ({ name }) => !rows.some(({ follower }) => follower === name),
  )
  if (missing.length > 0)
    findings.push(warning("followers", `Never ran here: ${followers.names(missing)}`, "Start an ingester"))
  return findings.length > 0 ? findings : [well("followers", "All are at the log's end, and none has parked a stream")]
})

const work = Effect.map(
  ask<{ readonly queue: string; readonly items: bigint; readonly ageMs: number; readonly attempts: number }>(
    workStatement,
  ),
  (rows): Findings => {
    if (rows === undefined) return notSeen("work")
    return rows.length === 0
      ? [well("work", "Nothing is overdue")]
      : rows.map(({ queue, items, ageMs, attempts }) =>
          wrong(
            "work",
            `${print.count(items, "item")} of the queue ${queue} ${items === 1n ? "is" : "are"} overdue, the oldest for ${print.duration(ageMs)}, after up to ${print.count(attempts, "try", "tries")}`,
            "Is an ingester running, and is the provider within its reach? select key, last_reason from paylog.work",
          ),
        )
  },
)

/** Counts of what waits for a person, and what waits too long. */
const waiting = (
  check: string,
  table: string,
  statement: ReturnType<typeof Statement.fromFile>,
  fixes: { readonly parked: string; readonly late: string },
) =>
  Effect.gen(function* () {
    if (!(yield* isThere(table))) return [well(check, "There are none here")]
    const rows = yield* ask<{ readonly parked: bigint; readonly late: bigint }>(statement)
    const [row] = rows ?? []
    if (row === undefined) return notSeen(check)
    const { parked, late } = row
    const findings: Array<Finding> = []
    if (parked > 0n)
      findings.push(wrong(check, `${print.number(parked)} ${parked === 1n ? "is" : "are"} set aside`, fixes.parked))
    if (late > 0n)
      findings.push(wrong(check, `${print.number(late)} ${late === 1n ? "waits" : "wait"} for too long`, fixes.late))
    return findings.length > 0 ? findings : [well(check, "None is set aside, none waits")]
  })

const messages = waiting("messages", "payments.deliveries", statement("messages"), {
  parked:
    "select delivery_id, parked_reason from payments.deliveries where parked_reason is not null: mend why; then paylog unpark messages all",
  late: "Is a bot running, and Telegram within its reach? A customer who blocked the bot has messages that wait",
})

const ownersChat = Effect.gen(function* () {
  if (!(yield* isThere("payments.recipients"))) return []
  const check = "owners' chat"
  const rows = yield* ask<{ readonly closed: boolean }>(statement("owners-chat"))
  if (rows === undefined) return notSeen(check)
  return rows.map(({ closed }) =>
    closed
      ? wrong(
          check,
          "Telegram does not let the bot write there: each owner is told instead",
          "Add the bot to the chat, and let it write, or set OWNERS_CHAT_ID to where it may; without the variable each owner is told",
        )
      : well(check, "It takes messages"),
  )
})

const updates = waiting("updates", "bot.updates", statement("updates"), {
  parked:
    "select update_id, last_error from bot.updates where parked_at is not null: mend why; then paylog unpark updates all",
  late: "Is a bot running, and what does its log say?",
})

const sweepMs = 900_000

const sweeps = Effect.map(
  ask<{ readonly provider: string; readonly ageMs: number | null; readonly difference: number | null }>(
    sweepsStatement,
  ),
  (rows): Findings => {
    if (rows === undefined) return notSeen("sweep")
    if (rows.length === 0)
      return [warning("sweep", "The provider's list was never read here", "Start an ingester: it begins at once")]
    return rows.map(({ provider, ageMs, difference }) => {
      if (ageMs === null || ageMs > sweepMs)
        return wrong(
          "sweep",
          `${provider}'s list was last read ${ageMs === null ? "never to its end" : `${print.duration(ageMs)} ago`}: a payment without a webhook would not be heard of`,
          "Is an ingester running, and the provider within its reach?",
        )
      return (difference ?? 0) !== 0
        ? wrong(
            "sweep",
            (difference ?? 0) > 0
              ? `${provider}'s list has ${print.count(difference ?? 0, "order")} more than the log`
              : `${provider}'s list has ${print.count(-(difference ?? 0), "order")} fewer than the log`,
            "paylog reconcile names them",
          )
        : well("sweep", `${provider}'s list was read ${print.duration(ageMs)} ago, and has our orders`)
    })
  },
)

const fewest = 3n

/** A wrong path fails every signature: then payments are only ever heard of by asking. */
const heard = Effect.map(
  ask<{ readonly payments: bigint; readonly webhooks: bigint }>(heardStatement),
  (rows): Findings => {
    const [row] = rows ?? []
    if (row === undefined) return notSeen("webhooks")
    const { payments, webhooks } = row
    if (payments >= fewest && webhooks === 0n)
      return [
        wrong(
          "webhooks",
          `None of the last ${payments} payments came by webhook: all were heard of by asking`,
          "WALLETPAY_WEBHOOK_PATH must be the URL's path as typed in the store's settings, with its slash at the end or without: it is part of the signature. Count paylog_webhook_answers_total with status 401 in /metrics",
        ),
      ]
    return [
      well(
        "webhooks",
        payments === 0n ? "No payment yet" : `${webhooks} of the last ${payments} payments came by webhook`,
      ),
    ]
  },
)
