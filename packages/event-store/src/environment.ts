/** The database's settings, and bringing its schema to what the program needs. */
import { Config, Effect, Option, type Redacted, Schedule, Schema } from "effect"
import { StoreUnavailable } from "./EventStore.ts"
import { canMigrate, migrate, type MigrationSet, requireCurrent } from "./Migrations.ts"
import { requireSafe } from "./ServerSettings.ts"

const PostgresUrl = Schema.RedactedFromValue(
  Schema.String.check(
    Schema.makeFilter((text: string) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ""), {
      expected: "a URL postgres://user:password@host:port/database",
    }),
  ),
)

export interface DatabaseUrls {
  readonly url: Redacted.Redacted
  /** A proxy that pools transactions stands before `url`: see `ConnectionOptions`. Default: false. */
  readonly pooler?: boolean
  /** Of a login that may migrate, to the server itself. */
  readonly ownerUrl: Redacted.Redacted | undefined
  /** To the server itself, for LISTEN. Without it: `url`, or polling when that leads to a pooler. */
  readonly directUrl: Redacted.Redacted | undefined
}

/** `DATABASE_URL`, `DATABASE_POOLER`, `DATABASE_OWNER_URL`, `DATABASE_DIRECT_URL`. */
export const environment: Config.Config<DatabaseUrls> = Config.all({
  url: Config.schema(PostgresUrl, "DATABASE_URL"),
  pooler: Config.Boolean("DATABASE_POOLER").pipe(Config.withDefault(false)),
  ownerUrl: Config.option(Config.schema(PostgresUrl, "DATABASE_OWNER_URL")),
  directUrl: Config.option(Config.schema(PostgresUrl, "DATABASE_DIRECT_URL")),
}).pipe(
  Config.map(({ ownerUrl, directUrl, ...others }) => ({
    ...others,
    ownerUrl: Option.getOrUndefined(ownerUrl),
    directUrl: Option.getOrUndefined(directUrl),
  })),
)

/**
 * What every process does before it uses the database. Refuses a server whose commits are not durable (`UnsafeServer`). Migrates
 * with the owner's URL, or with the other one when its login may; a login with less fails with `SchemaBehind` unless the
 * schema is current. Fails with `SchemaDiffers` on one that is newer than this program. Waits up to a minute for a server
 * that is still starting.
 */
export const prepareSchema = Effect.fn("prepareSchema")(
  function* ({ url, pooler = false, ownerUrl }: DatabaseUrls, sets: ReadonlyArray<MigrationSet>) {
    const here = { url, pooler }
    yield* requireSafe(here)
    const owner = ownerUrl ?? ((yield* canMigrate(here)) ? here : undefined)
    if (owner === undefined) return yield* requireCurrent(here, sets)
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
