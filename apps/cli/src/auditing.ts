/**
 * What the auditors' commands have in common: one moment of the database, in a transaction that can only read, under the role
 * `paylog_audit` or `paylog_read` where the login may take it. They write nothing, whoever runs them. Every name is the server's own,
 * whatever the database or the login has as its search path: else a view of somebody's could stand for the server's catalog.
 */
import { Database, type Sql } from "@paylog/event-store/Database"
import * as environment from "@paylog/event-store/environment"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import { isForbidden } from "./acting.ts"
import { refused } from "./Ended.ts"
import * as services from "./services.ts"

/** Runs `use` over the database of the environment. All that it reads is of one moment. */
export const auditing = <A, E, R>(use: (sql: Sql) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(environment.environment, ({ url, pooler = false }) =>
    Database.use(({ transaction }) =>
      transaction((sql) =>
        Effect.andThen(
          Effect.forEach([oneMoment, searchPath, readerRole], (statement) => sql.query(statement), { discard: true }),
          use(sql),
        ),
      ),
    ).pipe(
      Effect.catchDefect((defect) =>
        isForbidden(defect)
          ? Effect.fail(refused("This database login may not read that: it needs paylog_read or paylog_audit"))
          : Effect.die(defect),
      ),
      Effect.provide(services.store({ url, pooler }, 2, services.patient)),
    ),
  )

/** The same with that moment for the `Database`. */
export const auditingAll = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  auditing((sql) => Effect.provideService(use, Database, Database.of({ ...sql, transaction: (within) => within(sql) })))

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const oneMoment = statement("one-moment")
const searchPath = statement("search-path")
const readerRole = statement("reader-role")
