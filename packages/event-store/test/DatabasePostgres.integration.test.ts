import { assert, layer } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber } from "effect"
import { types as globalTypes } from "pg"
import { Database } from "../src/Database.ts"
import * as DatabasePostgres from "../src/DatabasePostgres.ts"
import { StoreUnavailable } from "../src/EventStore.ts"
import { connected, elsewhere, rows } from "./support/sql.ts"
import { eventually, World } from "./support/World.ts"

const sql = (text: string) => ({ name: `test-${text.slice(0, 50)}`, text })
const pid = sql("select pg_backend_pid() as pid")

/** Runs with a pool of one connection, so that whatever is left behind on it shows. */
const withPool = <A, E, R>(
  use: (database: Database["Service"]) => Effect.Effect<A, E, R>,
  options: Partial<DatabasePostgres.Options> = {},
) =>
  World.use(({ url }) =>
    Database.use(use).pipe(
      Effect.provide(DatabasePostgres.layer({ url, connections: 1, ...options }), { local: true }),
    ),
  )

const table = World.use(({ url }) =>
  Effect.scoped(
    Effect.flatMap(connected(url), (client) =>
      rows(client, "drop table if exists t; create table t (n int primary key)"),
    ),
  ),
)
const insert = sql("insert into t values ($1)")
const all = sql("select n from t order by n")

layer(World.layer, { excludeTestServices: true })("the pool", (it) => {
  it.effect("reads values as documented, whatever others do to the parsers of pg", () =>
    withPool(({ query }) =>
      Effect.gen(function* () {
        globalTypes.setTypeParser(globalTypes.builtins.INT8, () => "spoiled")
        const text = `select 9007199254740993::int8 as int8, 7::int4 as int4, 1.5::float8 as float8, true as bool,
            12345678901234567890.10::numeric as numeric, '{"b":1,  "a":1e400}'::json as json, '{"b": 1}'::jsonb as jsonb,
            '2026-11-24 10:00:00.123+02'::timestamptz as timestamptz, '\\x00ff'::bytea as bytea, null::int8 as null,
            array[1, -2]::int4[] as int4s, array[1, 2]::int8[] as int8s, array[]::int4[] as none,
            '{A,D}'::"char"[] as chars, '00000000-0000-4000-8000-000000000000'::uuid as uuid`
        const [row] = yield* query(sql(text))
        assert.deepStrictEqual(row, {
          int8: 9007199254740993n,
          int4: 7,
          float8: 1.5,
          bool: true,
          numeric: "12345678901234567890.10",
          json: `{"b":1,  "a":1e400}`,
          jsonb: `{"b": 1}`,
          timestamptz: new Date("2026-11-24T08:00:00.123Z"),
          bytea: new Uint8Array([0, 255]),
          null: null,
          int4s: [1, -2],
          int8s: [1n, 2n],
          none: [],
          chars: ["A", "D"],
          uuid: "00000000-0000-4000-8000-000000000000",
        })
      }),
    ).pipe(Effect.ensuring(Effect.sync(() => globalTypes.setTypeParser(globalTypes.builtins.INT8, String)))),
  )

  it.effect("commits a transaction that succeeds, and rolls back one that fails, dies or is interrupted", () =>
    withPool(({ query, transaction }) =>
      Effect.gen(function* () {
        yield* table
        const inserted = (n: number, then: Effect.Effect<void, string>) =>
          transaction((inside) => Effect.andThen(inside.query(insert, [n]), then))
        yield* inserted(1, Effect.void)
        assert.strictEqual(yield* Effect.flip(inserted(2, Effect.fail("no"))), "no")
        assert.ok(Cause.hasDies(yield* Effect.flip(Effect.sandbox(inserted(3, Effect.die("bug"))))))
        const reached = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          inserted(4, Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)),
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        yield* inserted(5, Effect.void)
        assert.deepStrictEqual(yield* query(all), [{ n: 1 }, { n: 5 }])
      }),
    ),
  )

  it.effect("takes no transaction for committed that went on after a statement that had failed", () =>
    withPool(({ query, transaction }) =>
      Effect.gen(function* () {
        yield* table
        const careless = transaction((inside) =>
          Effect.andThen(inside.query(insert, [1]), Effect.exit(inside.query(sql("select nonsense")))),
        )
        const exit = yield* Effect.exit(careless)
        assert.ok(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.deepStrictEqual(yield* query(all), [])
      }),
    ),
  )

  it.effect("survives rows that still come of a query that was given up", () =>
    withPool(
      ({ transaction }) =>
        Effect.gen(function* () {
          const trickling = {
            ...sql("select repeat('x', 9000), pg_sleep(0.01) from generate_series(1, 200)"),
            rows: { formats: [0, 0] as const, read: () => 0 },
          }
          const patient = transaction((inside) =>
            Effect.andThen(Effect.exit(inside.query(trickling)), Effect.sleep("200 millis")),
          )
          assert.ok((yield* Effect.flip(patient)) instanceof StoreUnavailable)
        }),
      { timeouts: { answer: 300 } },
    ),
  )

  it.effect("takes a violated constraint and wrong SQL for defects, and goes on with the same connection", () =>
    withPool(({ query, transaction }) =>
      Effect.gen(function* () {
        yield* table
        const before = yield* query(pid)
        yield* query(insert, [1])
        for (const wrong of [
          query(insert, [1]),
          query(sql("select nonsense")),
          transaction((inside) => inside.query(insert, [1])),
        ]) {
          const exit = yield* Effect.exit(wrong)
          assert.ok(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        }
        assert.deepStrictEqual(yield* query(pid), before)
      }),
    ),
  )

  it.effect("destroys the connection of an interrupted statement", () =>
    withPool(({ query }) =>
      Effect.gen(function* () {
        const [before] = yield* query<{ pid: number }>(pid)
        const fiber = yield* Effect.forkChild(query(sql("select pg_sleep(60)")))
        const { url } = yield* World
        const client = yield* connected(url)
        const state = (state: string) =>
          rows(client, "select from pg_stat_activity where pid = $1 and state = $2", [before?.pid, state])
        yield* eventually(state("active"), (found) => found.length === 1)
        yield* Fiber.interrupt(fiber)
        const [after] = yield* query<{ pid: number }>(pid)
        assert.notStrictEqual(after?.pid, before?.pid)
      }),
    ),
  )

  it.effect("reports what takes too long as out of reach, and works on", () =>
    withPool(
      ({ query, transaction }) =>
        Effect.gen(function* () {
          yield* table
          const { url } = yield* World
          const client = yield* connected(url)
          yield* rows(client, "begin; lock table t in access exclusive mode")
          const slow = {
            "57014": query(sql("select pg_sleep(60)")),
            "55P03": query(all),
            "not queryable": transaction((inside) =>
              inside.query(pid).pipe(Effect.andThen(Effect.sleep("600 millis")), Effect.andThen(inside.query(pid))),
            ),
          }
          for (const [reason, attempt] of Object.entries(slow)) {
            const error = yield* Effect.flip(attempt)
            assert.ok(error instanceof StoreUnavailable)
            assert.include(error.reason, reason)
          }
          yield* rows(client, "commit")
          assert.deepStrictEqual(yield* query(all), [])
        }),
      { timeouts: { statement: 400, lock: 200, idleInTransaction: 300 } },
    ),
  )

  it.effect("lets nobody wait for a connection without end", () =>
    withPool(
      ({ query, transaction }) =>
        Effect.gen(function* () {
          const reached = yield* Deferred.make<void>()
          const holder = yield* Effect.forkChild(
            transaction(() => Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)),
          )
          yield* Deferred.await(reached)
          const [elapsed, error] = yield* Effect.timed(Effect.flip(query(pid)))
          assert.strictEqual(error.reason, "no connection (timeout exceeded when trying to connect)")
          assert.isBelow(Duration.toMillis(elapsed), 2000)
          yield* Fiber.interrupt(holder)
        }),
      { timeouts: { connect: 200 } },
    ),
  )

  it.effect("survives that the server ends idle connections and ones in use", () =>
    withPool(({ query, transaction }) =>
      Effect.gen(function* () {
        const { url } = yield* World
        const client = yield* connected(url)
        const end = (found: ReadonlyArray<{ readonly pid: number }>) =>
          rows(client, "select pg_terminate_backend($1, 5000)", [found[0]?.pid])
        yield* end(yield* query<{ pid: number }>(pid))
        yield* eventually(Effect.exit(query(pid)), Exit.isSuccess)
        const error = yield* Effect.flip(
          transaction((inside) =>
            Effect.gen(function* () {
              yield* end(yield* inside.query<{ pid: number }>(pid))
              return yield* inside.query(pid)
            }),
          ),
        )
        assert.strictEqual(error._tag, "StoreUnavailable")
        yield* query(pid)
      }),
    ),
  )

  it.effect("names statements, except behind a pooler, where it also leaves the session as it is", () =>
    Effect.gen(function* () {
      const prepared = sql("select count(*) as n from pg_prepared_statements where not from_sql")
      const settings =
        sql(`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle`)
      const seen = ({ query, transaction }: Database["Service"]) =>
        Effect.gen(function* () {
          yield* query(pid)
          yield* query(pid)
          return [
            yield* query(prepared),
            yield* query(settings),
            yield* transaction((inside) => inside.query(settings)),
          ]
        })
      const ours = [{ statement: "4s", lock: "3s", idle: "10s" }]
      assert.deepStrictEqual(yield* withPool(seen), [[{ n: 2n }], ours, ours])
      assert.deepStrictEqual(yield* withPool(seen, { pooler: true }), [
        [{ n: 0n }],
        [{ statement: "0", lock: "0", idle: "0" }],
        ours,
      ])
    }),
  )

  it.effect("says why it cannot connect, without naming secrets", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const stranger = elsewhere(url, (to) => {
        to.username = "paylog_stranger"
        to.password = "secret"
      })
      // What an unknown user gets depends on how the server checks passwords, if it does.
      const wrong = [
        [/^no connection \(ECONNREFUSED\)$/, elsewhere(stranger, (to) => (to.port = "1"))],
        [/^no connection \((28P01|28000) /, stranger],
        [/^no connection \(3D000 /, elsewhere(url, (to) => (to.pathname = "/nowhere"))],
      ] as const
      for (const [reason, url] of wrong) {
        const error = yield* Effect.flip(withPool(({ query }) => query(pid), { url }))
        assert.match(error.reason, reason)
        assert.notInclude(JSON.stringify(error) + String(error.stack), "secret")
      }
    }),
  )
})
