/** The database's settings, and bringing its schema to what the program needs. */
import { Config, Effect, Option, type Redacted, Schedule, Schema } from "effect"
import { StoreUnavailable } from "./EventStore.ts"
import { canMigrate, migrate, type MigrationSet, requireCurrent } from "./Migrations.ts"

const PostgresUrl = Schema.RedactedFromValue(
  Schema.String.check(
    Schema.makeFilter((text: string) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ""), {
      expected: "a URL postgres://user:password@host:port/database",
    }),
  ),
)

export interface DatabaseUrls {
  readonly url: Redacted.Redacted
  /** Of a role that owns the schema, or may create it. */
  readonly ownerUrl: Redacted.Redacted | undefined
  /** Past a connection pooler, for LISTEN. */
  readonly directUrl: Redacted.Redacted
}

/** `DATABASE_URL`, `DATABASE_OWNER_URL`, `DATABASE_DIRECT_URL`. */
export const environment: Config.Config<DatabaseUrls> = Config.all({
  url: Config.schema(PostgresUrl, "DATABASE_URL"),
  ownerUrl: Config.option(Config.schema(PostgresUrl, "DATABASE_OWNER_URL")),
  directUrl: Config.option(Config.schema(PostgresUrl, "DATABASE_DIRECT_URL")),
}).pipe(
  Config.map(({ url, ownerUrl, directUrl }) => ({
    url,
    ownerUrl: Option.getOrUndefined(ownerUrl),
    directUrl: Option.getOrElse(directUrl, () => url),
  })),
)

/**
 * Migrates with the owner's URL, or with the other one when its role owns the schema; a role with less fails with
 * `SchemaBehind` unless the schema is current. Waits up to a minute for a server that is still starting.
 */
export const prepareSchema = Effect.fn("prepareSchema")(
  function* ({ url, ownerUrl }: DatabaseUrls, sets: ReadonlyArray<MigrationSet>) {
    const owner = ownerUrl ?? ((yield* canMigrate(url)) ? url : undefined)
    if (owner === undefined) return yield* requireCurrent(url, sets)
    const applied = yield* migrate(owner, sets)
    if (applied.length > 0) yield* Effect.logInfo("Migrated", { applied })
  },
  Effect.tapErrorTag("StoreUnavailable", ({ message }) => Effect.logWarning(message)),
  Effect.retry({
    while: (error) => error instanceof StoreUnavailable,
    schedule: Schedule.spaced("1 second"),
    times: 60,
  }),
)
