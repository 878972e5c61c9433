/** How the doctor asks the database: it changes nothing, and what this login may not look at is said so. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import { isForbidden } from "../acting.ts"
import { type Finding, unseen } from "./Finding.ts"

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/doctor/${name}.sql`, import.meta.url))
const readOnly = statement("read-only")
const exists = statement("exists")

/** One statement in a transaction that cannot write; `undefined` when this login may not see that. */
export const ask = <Row>(statement: ReturnType<typeof Statement.fromFile>, values: ReadonlyArray<unknown> = []) =>
  Database.use(({ transaction }) =>
    transaction((sql) => Effect.andThen(sql.query(readOnly), sql.query<Row>(statement, values))),
  ).pipe(
    Effect.map((rows): ReadonlyArray<Row> | undefined => rows),
    Effect.catchDefect((defect) => (isForbidden(defect) ? Effect.undefined : Effect.die(defect))),
  )

/** Whether there is such a table. */
export const isThere = (table: string) =>
  Effect.map(ask<{ readonly isThere: boolean }>(exists, [table]), (rows) => rows?.[0]?.isThere === true)

export const notSeen = (check: string): ReadonlyArray<Finding> => [
  unseen(check, "This login may not look at it", "Run it again with a login of paylog_project"),
]
