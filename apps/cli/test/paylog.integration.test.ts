import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { followers, names } from "@paylog/payments/followers"
import * as InvoiceRows from "@paylog/payments/InvoiceRows"
import { Effect, Fiber, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { inProcess } from "./support/inProcess.ts"
import { paylog, start, world, World } from "./support/paylog.ts"

const { version } = InvoiceRows.follower

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))

const stream = "invoice-inv_00000000000000000001"

/** An event that the read model cannot make sense of, in a stream of its own. */
const damaged = (n: number) =>
  EventStore.use((store) =>
    store.append({
      key: randomUUID(),
      streams: [
        {
          stream: n === 1 ? stream : `${stream.slice(0, -1)}${n}`,
          expected: "any",
          events: [{ id: randomUUID(), type: "InvoiceIssued", schemaVersion: 1, data: "{}", metadata: "{}" }],
        },
      ],
    }),
  )

/** Asks again until it is so. */
const eventually = <E, R>(check: Effect.Effect<boolean, E, R>) =>
  check.pipe(Effect.repeat({ until: (so) => so, schedule: Schedule.spaced("20 millis") }), Effect.timeout("20 seconds"))

/** A login role with these rights, as a URL; gone with its scope. */
const roleWith = Effect.fnUntraced(function* (groups: string) {
  const url = new URL((yield* World).url)
  const name = `cli_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(sql(`create role ${name} login password '${name}' in role ${groups}`), () =>
    Effect.orDie(sql(`drop role ${name}`)),
  )
  url.username = name
  url.password = name
  return url.href
})

layer(world, { excludeTestServices: true })("paylog", (it) => {
  it.effect("shows what it can do, and ends with code 2 when it is asked for something else", () =>
    Effect.gen(function* () {
      const help = yield* paylog(["--help"], {})
      assert.strictEqual(help.code, 0)
      for (const command of ["followers", "rebuild", "unpark"]) assert.include(help.out, command)
      for (const args of [["sing"], ["rebuild", "--shards", "65"], ["rebuild", "a", "b"], ["unpark"]])
        assert.strictEqual((yield* inProcess(args)).code, 2, args.join(" "))
      const work = yield* inProcess(["rebuild", "work"])
      assert.strictEqual(work.code, 2)
      assert.match(work.err, /no projection work.*never rebuilt/)
      const nobody = yield* inProcess(["unpark", "nobody", stream])
      assert.strictEqual(nobody.code, 2)
      assert.include(nobody.err, names(followers))
    }),
  )

  it.effect("names a missing variable in one line, with code 2, and a database out of reach with code 1", () =>
    Effect.gen(function* () {
      const missing = yield* paylog(["followers"], {})
      assert.match(missing.err, /^DATABASE_URL: [^\n]+\n$/)
      assert.strictEqual(missing.code, 2)
      const away = yield* paylog(["followers"], { DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/nothing" })
      assert.strictEqual(away.code, 1)
      assert.match(away.err, /^The log is out of reach: [^\n]+\n$/)
      assert.notInclude(away.err, "secret")
    }),
  )

  it.effect("rebuilds, tells of its progress on stderr, and of its result on stdout", () =>
    Effect.gen(function* () {
      const plain = yield* paylog(["rebuild", "invoices", "--shards", "3"])
      assert.strictEqual(plain.code, 0, plain.err)
      assert.match(plain.out, /^invoices is rebuilt up to position [\d,]+ and in place\n$/)
      assert.match(plain.err, /invoices \[=+\] 100 %/)
      const json = yield* paylog(["rebuild", "--json"])
      const results: ReadonlyArray<Record<string, unknown>> = JSON.parse(json.out)
      const result = results.find(({ projection }) => projection === "invoices")
      assert.deepInclude(result, { projection: "invoices", from: version, to: version, switched: true, parked: [] })
    }),
  )

  it.effect("builds without a switch, goes on, and gives up what it began", () =>
    Effect.gen(function* () {
      const built = yield* inProcess(["rebuild", "invoices", "--no-switch"])
      assert.strictEqual(built.code, 0, built.err)
      assert.include(built.out, "not yet in place")
      assert.include((yield* inProcess(["followers"])).out, `A rebuild of invoices to version ${version} is unfinished`)
      assert.strictEqual((yield* inProcess(["rebuild", "invoices", "--drop"])).code, 0)
      const again = yield* inProcess(["rebuild", "invoices", "--drop"])
      assert.strictEqual(again.code, 3)
      assert.strictEqual(again.err, "There is no rebuild of invoices\n")
      assert.isEmpty(yield* sql("select from pg_class where relname like 'invoices_rebuild%'"))
    }),
  )

  it.effect("says that another process is at it, with code 4", () =>
    Effect.gen(function* () {
      yield* inProcess(["rebuild", "invoices", "--no-switch"])
      yield* sql("update paylog.rebuilds set holder = 'another', lease_until = clock_timestamp() + interval '1 hour'")
      for (const args of [["rebuild"], ["rebuild", "--drop"]]) {
        const busy = yield* inProcess(args)
        assert.strictEqual(busy.code, 4)
        assert.strictEqual(busy.err.split("\n").at(-2), "Another process is rebuilding invoices")
      }
      yield* sql("update paylog.rebuilds set lease_until = '-infinity'")
      assert.strictEqual((yield* inProcess(["rebuild"])).code, 0)
    }),
  )

  it.effect("stops at Ctrl-C, says how to go on, and does", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const database = yield* Database
      yield* database.transaction((inside) =>
        Effect.gen(function* () {
          // Its switch waits for as long as somebody uses the table.
          yield* inside.query({ name: "", text: "lock table payments.invoices in share mode" })
          const running = start(["rebuild", "invoices"], { DATABASE_URL: url })
          yield* eventually(
            Effect.map(
              sql("select from paylog.rebuilds where lease_until > clock_timestamp()"),
              ({ length }) => length > 0,
            ),
          )
          running.kill("SIGINT")
          const { code, err } = yield* running.ended
          assert.strictEqual(code, 130, err)
          assert.match(err, /Stopped\. Nothing is lost: "paylog rebuild invoices" goes on/)
        }),
      )
      assert.strictEqual((yield* paylog(["rebuild", "invoices"])).code, 0)
    }),
  )

  it.effect("names the right that is missing, and takes the owner's URL instead", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const limited = yield* roleWith("paylog_project")
      const refused = yield* inProcess(["rebuild"], { DATABASE_URL: limited })
      assert.strictEqual(refused.code, 3)
      assert.match(refused.err, /does not own payments\.invoices.*DATABASE_OWNER_URL/)
      const allowed = yield* inProcess(["rebuild"], { DATABASE_URL: limited, DATABASE_OWNER_URL: url })
      assert.strictEqual(allowed.code, 0, allowed.err)
      const reader = yield* inProcess(["followers"], { DATABASE_URL: yield* roleWith("paylog_read") })
      assert.strictEqual(reader.code, 0, reader.err)
    }).pipe(Effect.scoped),
  )

  it.effect("has what the bot set aside done again: one thing, or all", () =>
    Effect.gen(function* () {
      const none = yield* inProcess(["unpark", "updates", "all"])
      assert.deepStrictEqual([none.code, none.err], [3, "No bot works with this database\n"])
      yield* sql(readFileSync(new URL("../../bot/sql/migrations/0001_bot.sql", import.meta.url), "utf8"))
      yield* sql(
        "insert into bot.updates (bot_id, update_id, chat_id, body, invoice_id, attempts, parked_at) select 1, n, n, '{}', 'x', 6, now() from generate_series(1, 3) as n",
      )
      yield* sql(
        "insert into payments.deliveries (delivery_id, customer_id, body, revision, sends, parked_reason) select 'd' || n, 'cus_' || n, '{}', 1, 1, 'SentTwice' from generate_series(1, 3) as n",
      )
      for (const [things, one] of [
        ["updates", "2"],
        ["messages", "d2"],
      ] as const) {
        const does = things === "updates" ? "handles" : "sends"
        const first = yield* inProcess(["unpark", things, one])
        assert.strictEqual(first.out, `The bot ${does} 1 ${things.slice(0, -1)} again\n`, first.err)
        const again = yield* inProcess(["unpark", things, one])
        assert.deepStrictEqual([again.code, again.err], [3, `No ${things.slice(0, -1)} ${one} is set aside\n`])
        assert.strictEqual((yield* inProcess(["unpark", things, "all"])).out, `The bot ${does} 2 ${things} again\n`)
      }
      assert.strictEqual((yield* inProcess(["unpark", "updates", "two"])).code, 2)
      assert.isEmpty(yield* sql("select from bot.updates where parked_at is not null or attempts > 0"))
      // It may have arrived, as it was set aside: the next try says that it is one more.
      assert.isEmpty(yield* sql("select from payments.deliveries where parked_reason is not null or sends <> 1"))
      assert.lengthOf(yield* sql("select from payments.recipients where due_at < 'infinity'"), 3)
    }),
  )

  it.effect(
    "lists what a rebuild had to park and does not switch, with code 3; shows and tries again what is parked",
    () =>
      Effect.gen(function* () {
        const runner = yield* FollowerRunner
        const head = (yield* damaged(1)).lastPosition
        const refused = yield* inProcess(["rebuild", "invoices"])
        assert.strictEqual(refused.code, 3)
        assert.include(refused.err, `  ${stream} at position ${head}: `)
        assert.include(refused.err, '"paylog rebuild invoices --drop" gives it up')
        assert.strictEqual((yield* inProcess(["rebuild", "invoices", "--drop"])).code, 0)

        const following = yield* Effect.forkScoped(runner.run(InvoiceRows.follower))
        yield* runner.awaitBookmark("invoices", head, "20 seconds")
        yield* Fiber.interrupt(following)
        const shown = yield* inProcess(["followers"])
        assert.match(shown.out, /FOLLOWER +POSITION +BEHIND +FOR +VERSION +LEADER +PARKED\n/)
        assert.match(shown.out, new RegExp(`invoices +\\d+ +0 events +0 ms +${version} +none +1\\n`))
        assert.include(shown.out, `invoices has parked ${stream} at position ${head}`)
        const json = JSON.parse((yield* inProcess(["followers", "--json"])).out)
        const invoices = json.followers.find(({ follower }: { readonly follower: string }) => follower === "invoices")
        assert.deepInclude(invoices, { follower: "invoices", version, programVersion: version })
        assert.strictEqual(invoices.parked[0].position, String(head))

        const still = yield* inProcess(["unpark", "invoices", stream])
        assert.strictEqual(still.code, 3)
        assert.match(still.err, /still fails in invoices/)
        const other = yield* inProcess(["unpark", "invoices", "invoice-inv_0"])
        assert.strictEqual(other.code, 3)
        assert.match(other.err, /has not parked the stream/)
        const same = yield* inProcess(["rebuild", "invoices"])
        assert.strictEqual(same.code, 0, same.err)
        assert.include(same.out, "Streams that stay parked, as before: 1.")
      }).pipe(Effect.scoped),
  )
})
