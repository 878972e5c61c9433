/** The channel's posts, over a database, with Telegram as far as this needs it. */
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { migratedTemplate } from "@paylog/event-store/migratedTemplate"
import { LogKeys } from "@paylog/sealer/LogKeys"
import { migrations } from "@paylog/sealer/migrations"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { ConfigProvider, Duration, Effect, Layer, Option } from "effect"
import { environment, postOnce } from "../src/postCheckpoints.ts"
import { Blocked, Telegram } from "../src/Telegram.ts"

const database = Layer.unwrap(
  Effect.map(freshDatabase({ template: migratedTemplate([EventStorePostgres.migrations, migrations]) }), ({ url }) =>
    DatabasePostgres.layer({ url, connections: 8 }),
  ),
).pipe(Layer.provide(DevPostgres.layer))

const origin = "shop.example/log"
const keys = await Note.generate(origin)
const signer = await Note.signer(keys.signerKey)
const known = Layer.succeed(LogKeys, { origin, signer: undefined, verifiers: [await Note.verifier(keys.verifierKey)] })

const noteOf = (size: number) =>
  Note.sign(Checkpoint.format({ origin, size, root: new Uint8Array(32), extensions: [] }), [signer])
const [none, ten, twenty, thirty] = await Promise.all([0, 10, 20, 30].map(noteOf))

const written = (size: number, note: string) =>
  Database.use(({ query }) =>
    query(
      {
        name: "test-signed",
        text: "insert into transparency.checkpoints values ($1, $2, $3, $4, clock_timestamp())",
      },
      [origin, size, new Uint8Array(32), note],
    ),
  )
const signed = (size: number) =>
  Effect.flatMap(
    Effect.promise(() => noteOf(size)),
    (note) => written(size, note),
  )

/** Remembers what was posted; refuses as often as it is told to. */
const telegram = (posts: Array<unknown>, refusals = 0) => {
  let left = refusals
  const call = (_: string, parameters: { readonly text: string }) =>
    left-- > 0 ? Effect.fail(new Blocked()) : Effect.sync(() => void posts.push(parameters.text))
  // oxlint-disable-next-line no-unsafe-type-assertion -- one method is called
  return Effect.provideService(Telegram, { call } as unknown as Telegram["Service"])
}

const now = { channel: "@log", every: Duration.zero }

layer(Layer.merge(database, known), { excludeTestServices: true })("the log's channel", (it) => {
  it.effect("is told of each checkpoint once, by one of several processes, and at most one a period", () =>
    Effect.gen(function* () {
      const posts: Array<unknown> = []
      const several = Effect.all(
        Array.from({ length: 5 }, () => postOnce(now)),
        { concurrency: 5 },
      ).pipe(telegram(posts))
      yield* several
      assert.deepStrictEqual(posts, [])
      yield* signed(0)
      yield* several
      yield* several
      assert.deepStrictEqual(posts, [none])
      yield* signed(10)
      yield* signed(20)
      // Not signed by the log's key, or of another size: the channel is not told of them.
      yield* written(40, "planted")
      yield* written(41, ten ?? "")
      yield* postOnce({ channel: "@log", every: Duration.hours(1) }).pipe(telegram(posts))
      assert.deepStrictEqual(posts, [none])
      yield* several
      assert.deepStrictEqual(posts, [none, twenty])
    }),
  )

  it.effect("is told the next one whatever was written of the last, if the time of it is still to come", () =>
    Effect.gen(function* () {
      const posts: Array<unknown> = []
      yield* Database.use(({ query }) =>
        query({
          name: "test-silence",
          text: "update transparency.posts set size = 1000, posted_at = now() + '1 year'::interval",
        }),
      )
      yield* postOnce({ channel: "@log", every: Duration.hours(1) }).pipe(telegram(posts))
      assert.deepStrictEqual(posts, [twenty])
    }),
  )

  it.effect("is told later of one that Telegram refused", () =>
    Effect.gen(function* () {
      const posts: Array<unknown> = []
      yield* signed(30)
      yield* postOnce(now).pipe(telegram(posts, 1))
      assert.deepStrictEqual(posts, [])
      yield* postOnce(now).pipe(telegram(posts))
      assert.deepStrictEqual(posts, [thirty])
    }),
  )

  it.effect("is named by LOG_CHANNEL_ID", () =>
    Effect.gen(function* () {
      const from = (env: Record<string, string>) =>
        environment.pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)))
      assert.isTrue(Option.isNone(yield* from({})))
      const { channel, every } = Option.getOrThrow(yield* from({ LOG_CHANNEL_ID: "-1001234567890" }))
      assert.deepStrictEqual([channel, Duration.toMinutes(every)], ["-1001234567890", 10])
      yield* Effect.flip(from({ LOG_CHANNEL_ID: "my channel" }))
    }),
  )
})
