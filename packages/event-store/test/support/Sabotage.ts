/** Pools that behave as a process in trouble would see them, or with a part of the design taken out. */
import { Effect, Layer, type Redacted } from "effect"
import { Client } from "pg"
import { Database, type Sql, type Statement } from "../../src/Database.ts"
import { attempt, clientConfig } from "../../src/internal/connection.ts"
import { database } from "./World.ts"

/** Each transaction begins when `before` has ended, and is followed by `after` however it ends. */
export const hesitant =
  (before: Effect.Effect<unknown>, after: Effect.Effect<unknown>, over: typeof database): typeof database =>
  (url) =>
    Layer.effect(
      Database,
      Database.use((inner) =>
        Effect.succeed(
          Database.of({
            query: inner.query,
            transaction: (use) => before.pipe(Effect.andThen(inner.transaction(use)), Effect.ensuring(after)),
          }),
        ),
      ),
    ).pipe(Layer.provide(over(url)))

/** Tells of each statement that was answered outside transactions. */
export const observed = (
  over: Layer.Layer<Database>,
  answered: (statement: Statement) => void,
): Layer.Layer<Database> =>
  Layer.effect(
    Database,
    Database.use((inner) =>
      Effect.succeed(
        Database.of({
          query: (statement, values) =>
            Effect.tap(inner.query(statement, values), () => Effect.sync(() => answered(statement))),
          transaction: inner.transaction,
        }),
      ),
    ),
  ).pipe(Layer.provide(over))

/** Each statement as `change` leaves it. */
export const rewritten =
  (change: (text: string) => string): typeof database =>
  (url) => {
    const on = (sql: Sql): Sql => ({
      query: (statement, values) => {
        const text = change(statement.text)
        return sql.query(
          text === statement.text ? statement : { name: `rewritten-${statement.name}`.slice(0, 63), text },
          values,
        )
      },
    })
    return Layer.effect(
      Database,
      Database.use((inner) =>
        Effect.succeed(Database.of({ ...on(inner), transaction: (use) => inner.transaction((sql) => use(on(sql))) })),
      ),
    ).pipe(Layer.provide(database(url)))
  }

/** The fence taken out: whoever holds whatever lease may move the bookmark. */
export const unfenced: typeof database = rewritten((text) =>
  text.replace("and token = $2\n    and position = $3", "and $2::bigint is not null and $3::bigint is not null"),
)

/** What a proxy that pools transactions leaves of a session in the worst case: a new one each time, and no named statements. */
export const sessionless: typeof database = (url: Redacted.Redacted) => {
  const onNew = <A, E, R>(
    use: (sql: Sql, command: (text: string) => Effect.Effect<unknown>) => Effect.Effect<A, E, R>,
  ) =>
    Effect.acquireUseRelease(
      Effect.promise(async () => {
        const client = new Client(clientConfig({ url, pooler: true }))
        await client.connect()
        return client
      }),
      (client) =>
        use(
          {
            query: ({ name, text }, values = []) =>
              Effect.map(
                attempt(name, () => client.query({ text, values: [...values] })),
                ({ rows }) => rows,
              ),
          },
          (text) => Effect.promise(() => client.query(text)),
        ),
      (client) => Effect.promise(() => client.end()),
    )
  return Layer.succeed(Database, {
    query: (statement, values) => onNew((sql) => sql.query(statement, values)),
    transaction: (use) =>
      onNew((sql, command) =>
        command("begin").pipe(
          Effect.andThen(use(sql)),
          Effect.tap(() => command("commit")),
        ),
      ),
  })
}

/** The version taken out of the fence: whoever has the lease may move the bookmark, whatever rows its code makes. */
export const lenient: typeof database = rewritten((text) =>
  text.replace(/and version = (\$\d)/, "and $1::int is not null"),
)

/** The bookmark of a rebuild's shard is moved in a transaction of its own, before the rows are written. */
export const early: typeof database = (url) =>
  Layer.effect(
    Database,
    Database.use((inner) =>
      Effect.succeed(
        Database.of({
          query: inner.query,
          transaction: (use) =>
            inner.transaction((sql) =>
              use({
                query: (statement, values) =>
                  (statement.name.startsWith("move-shard") ? inner : sql).query(statement, values),
              }),
            ),
        }),
      ),
    ),
  ).pipe(Layer.provide(database(url)))
