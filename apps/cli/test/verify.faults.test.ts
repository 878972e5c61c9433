/** A superuser with the triggers off changes the log in every way; each is found, and named. */
import { assert, layer } from "@effect/vitest"
import { Effect, Random } from "effect"
import { columns as summed } from "@paylog/sealer/ColumnSums"
import type { Finding } from "@paylog/auditing/Finding"
import * as checkpoints from "@paylog/auditing/checkpoints"
import * as Tiles from "@paylog/sealer/Tiles"
import { inProcess } from "./support/inProcess.ts"
import { findings, grow, logKey, noteOver, origin, run, sealAnew, sign, tampering, world } from "./support/sealed.ts"

/** Single edits, over all rounds. */
const edits = process.env["PAYLOG_FULL"] === undefined ? 2000 : 20_000
const editsInRound = 200

interface Row {
  readonly position: bigint
  readonly text: string
}

const pick = Effect.fnUntraced(function* <A>(from: ReadonlyArray<A>) {
  const picked = from[yield* Random.nextIntBetween(0, from.length, { halfOpen: true })]
  return picked ?? (yield* Effect.die(new Error("There is nothing to pick from")))
})

const characters = Array.from("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ._-")

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Changes one character of a text; of JSON, so that it stays JSON. */
const changed = Effect.fnUntraced(function* (text: string, ofJson = false) {
  for (;;) {
    const at = yield* Random.nextIntBetween(0, text.length, { halfOpen: true })
    const other = yield* pick(characters)
    const result = text.slice(0, at) + other + text.slice(at + 1)
    if (result !== text && (!ofJson || isJson(result))) return result
  }
})

/** Changes one digit of a text in hexadecimal digits. */
const flipHex = Effect.fnUntraced(function* (text: string) {
  const at = (yield* pick([...text.matchAll(/[0-9a-f]/g)])).index
  return `${text.slice(0, at)}${text[at] === "7" ? "3" : "7"}${text.slice(at + 1)}`
})

/** How each column is changed, least of all: its text as it is, its text as it becomes, what makes the column of it. */
const ways: Record<
  string,
  { readonly as: string; readonly cast: string; readonly change: (text: string) => Effect.Effect<string> }
> = {
  recorded_at: {
    as: "recorded_at::text",
    cast: "$1::timestamptz",
    change: (text) => Effect.succeed(new Date(Date.parse(text) + 1).toISOString()),
  },
  version: { as: "version::text", cast: "$1::integer", change: (text) => Effect.succeed(`${Number(text) + 1000}`) },
  schema_version: {
    as: "schema_version::text",
    cast: "$1::integer",
    change: (text) => Effect.succeed(`${Number(text) + 1}`),
  },
  id: { as: "id::text", cast: "$1::uuid", change: flipHex },
  stream: { as: "stream", cast: "$1", change: (text) => changed(text) },
  type: { as: "type", cast: "$1", change: (text) => changed(text) },
  data: { as: "data::text", cast: "$1::json", change: (text) => changed(text, true) },
  metadata: { as: "metadata::text", cast: "$1::json", change: (text) => changed(text, true) },
  append_key: { as: "append_key", cast: "$1", change: (text) => changed(text) },
  append_digest: { as: "encode(append_digest, 'hex')", cast: "decode($1, 'hex')", change: flipHex },
  append_count: {
    as: "append_count::text",
    cast: "$1::integer",
    change: (text) => Effect.succeed(`${Number(text) + 1}`),
  },
}

const named = ({ position, column }: Finding) => `${position} ${column}`
const about = (kind: Finding["kind"]) => (finding: Finding) => finding.kind === kind

layer(world, { excludeTestServices: true, timeout: "60 seconds" })("a thief who may do all", (it) => {
  it.effect("can change no column of an event without its position and column being named", () =>
    Effect.gen(function* () {
      yield* grow(200)
      const stored = yield* run<{ column: string }>(
        "select column_name as column from information_schema.columns where table_schema = 'paylog' and table_name = 'events'",
      )
      // A new column that is not hashed fails here; the position is dealt with below.
      assert.sameMembers(
        stored.map(({ column }) => column),
        [...Object.keys(ways), "position"],
      )
      assert.deepStrictEqual([...summed], Object.keys(ways))
      assert.strictEqual((yield* findings()).findings.count, 0)

      for (let round = 0; round < edits / editsInRound; round++) {
        const { made, result } = yield* tampering(
          Effect.gen(function* () {
            const made = new Set<string>()
            const touched = new Set<bigint>()
            while (made.size < editsInRound) {
              const column = yield* pick(Object.keys(ways))
              const way = ways[column]
              if (way === undefined) continue
              const rows = yield* run<Row>(
                `select position, ${way.as} as text from paylog.events where ${column} is not null order by random() limit 8`,
              )
              for (const { position, text } of rows) {
                if (touched.has(position) || made.size >= editsInRound) continue
                touched.add(position)
                yield* run(`update paylog.events set ${column} = ${way.cast} where position = ${position}`, [
                  yield* way.change(text),
                ])
                made.add(`${position} ${column}`)
              }
            }
            return { made, result: yield* findings() }
          }),
        )
        const found = result.findings.list.filter(about("Changed")).map(named)
        assert.sameMembers(found, [...made])
      }
      assert.strictEqual((yield* findings()).findings.count, 0)
    }),
  )

  it.effect("can change, delete or exchange no delivery", () =>
    Effect.gen(function* () {
      /** How each column is changed, least of all. */
      const byColumn: Record<string, string> = {
        digest: "digest = set_byte(digest, 3, get_byte(digest, 3) # 1)",
        bytes: "bytes = set_byte(bytes, 200, get_byte(bytes, 200) # 1)",
        erased_at: "erased_at = now()",
      }
      const stored = yield* run<{ column: string }>(
        "select column_name as column from information_schema.columns where table_schema = 'paylog' and table_name = 'attachments'",
      )
      // A new column fails here.
      assert.sameMembers(
        stored.map(({ column }) => column),
        Object.keys(byColumn),
      )
      const attacks = [
        ...Object.values(byColumn).map((change) => `update paylog.attachments set ${change} where digest = $1`),
        "delete from paylog.attachments where digest = $1",
        "update paylog.attachments set bytes = (select bytes from paylog.attachments where digest <> $1 limit 1) where digest = $1",
      ]
      const digests = yield* run<{ digest: Uint8Array }>(
        "select digest from paylog.attachments order by random() limit 20",
      )
      for (const { digest } of digests)
        for (const attack of attacks) {
          const result = yield* tampering(
            Effect.gen(function* () {
              yield* run(
                "alter table paylog.attachments drop constraint attachments_sha256, drop constraint attachments_erased",
              )
              yield* run(attack, [digest])
              return yield* findings()
            }),
          )
          const kinds = new Set(result.findings.list.map(({ kind }) => kind))
          assert.include([...kinds], "Attachment", attack)
          assert.include([...kinds], "Catalog")
        }
    }),
  )

  it.effect("can delete, insert, exchange, renumber or cut off no event", () =>
    Effect.gen(function* () {
      const size = Number((yield* run<{ n: bigint }>("select count(*) as n from paylog.events"))[0]?.n)
      const key = yield* logKey
      const note = yield* noteOver(key.signer, size)
      const kept = yield* checkpoints.open("a file", note, [key.verifier])
      const outside = kept === undefined ? [] : [kept]
      const attack = (...statements: ReadonlyArray<string>) =>
        tampering(
          Effect.gen(function* () {
            for (const statement of statements) yield* run(statement)
            return (yield* findings({ keys: [key.verifier], outside })).findings.list
          }),
        )
      for (let n = 0; n < 20; n++) {
        // Both ends are included, and after the last there is nothing to cut off.
        const position = BigInt(yield* Random.nextIntBetween(2, size - 1))
        const gone = yield* attack(`delete from paylog.events where position = ${position}`)
        assert.isTrue(gone.some((one) => one.kind === "Missing" && one.position === position))
        const moved = yield* attack(`update paylog.events set position = ${size + 5} where position = ${position}`)
        assert.isTrue(moved.some((one) => one.kind === "Missing" && one.position === position))
        const swapped = yield* attack(
          `update paylog.events set position = ${size + 5} where position = ${position}`,
          `update paylog.events set position = ${position} where position = ${position - 1n}`,
          `update paylog.events set position = ${position - 1n} where position = ${size + 5}`,
        )
        assert.includeMembers(
          swapped.filter(about("Changed")).map(({ position }) => position),
          [position - 1n, position],
        )
        const cut = yield* attack(`delete from paylog.events where position > ${position}`)
        assert.isTrue(
          cut.some((one) => one.kind === "Missing" && one.position === position + 1n && one.to === BigInt(size)),
        )
        // With the tree cut too, the checkpoint that was kept outside still tells.
        const cutAll = yield* tampering(
          Effect.gen(function* () {
            yield* run(`delete from paylog.events where position > ${position}`)
            yield* sealAnew
            return (yield* findings({ outside })).findings.list
          }),
        )
        assert.isTrue(cutAll.some((one) => one.kind === "Missing" && one.to === BigInt(size)))
      }
      const emptied = yield* attack("truncate paylog.events")
      assert.isTrue(emptied.some((one) => one.kind === "Missing" && one.position === 1n))
      const inserted = yield* attack(
        `insert into paylog.events select ${size + 1}, recorded_at, 500, schema_version, gen_random_uuid(), stream, type, data, metadata, null, null, null from paylog.events where position = ${size}`,
      )
      assert.isTrue(inserted.some(about("Disorder")))
    }),
  )

  it.effect("can put no event before the log, or past its end, where commands would decide on it", () =>
    Effect.gen(function* () {
      yield* grow(2)
      const size = Number((yield* run<{ n: bigint }>("select count(*) as n from paylog.events"))[0]?.n)
      const put = (position: string, type = "ErasureApproved") =>
        run(
          `insert into paylog.events select ${position}, recorded_at, 1, 1, gen_random_uuid(), 'erasure-' || gen_random_uuid(), '${type}', data, metadata, null, null, null from paylog.events where position = 1`,
        )
      const since = { origin, size, root: yield* Tiles.rootAt(size), extensions: [] }
      for (const given of [{}, { since }]) {
        const before = yield* tampering(
          Effect.gen(function* () {
            yield* run("alter table paylog.events drop constraint events_position_check")
            for (const position of ["0", "-1", "-9223372036854775808"]) yield* put(position)
            return (yield* findings(given)).findings.list
          }),
        )
        assert.deepStrictEqual(
          before.filter(about("Outside")).map(({ position }) => position),
          [-9_223_372_036_854_775_808n, -1n, 0n],
        )
        assert.isTrue(before.some(({ detail }) => detail.startsWith("missing: constraint events_position_check")))
        // So far away that nobody can go there step by step, or count without losing digits; all of the log is checked all the same.
        for (const position of [9_000_000_000_000_000n, 9_223_372_036_854_775_807n]) {
          const far = yield* tampering(
            Effect.gen(function* () {
              yield* put(`${position}`)
              const { head, root, findings: found } = yield* findings(given)
              return { head, root, found: found.list }
            }),
          )
          assert.deepStrictEqual(
            far.found.map(({ kind, position }) => [kind, position]),
            [["Outside", position]],
          )
          assert.deepStrictEqual([far.head, far.root], [size, since.root])
        }
      }
      // A tile that says that so much is sealed, with such an event and without.
      for (const index of [2n ** 40n, 2n ** 62n])
        for (const also of [Effect.void, put("9000000000000000")]) {
          const tiled = yield* tampering(
            Effect.gen(function* () {
              yield* run(
                `insert into transparency.tiles select level, ${index}, hashes from transparency.tiles limit 1`,
              )
              yield* also
              return yield* findings()
            }),
          )
          assert.isTrue(
            tiled.findings.list.some(({ kind, position }) => kind === "Missing" && position === BigInt(size + 1)),
          )
          assert.strictEqual(tiled.head, size)
        }
      // Where the index by which the check reads does not know of an event, the number of events does not come out.
      const hidden = yield* tampering(
        Effect.gen(function* () {
          const ready = (is: boolean) =>
            run(`update pg_index set indisready = ${is} where indexrelid = 'paylog.events_position'::regclass`)
          yield* ready(false)
          yield* put(`${size + 1}`)
          yield* ready(true)
          return (yield* findings()).findings.list
        }),
      )
      assert.isTrue(hidden.some(about("Outside")))
      const twice = yield* tampering(
        Effect.gen(function* () {
          yield* run("alter table paylog.events drop constraint events_position")
          yield* put(`${size - 1}`)
          return (yield* findings()).findings.list
        }),
      )
      assert.deepStrictEqual(
        twice.filter((one) => one.kind !== "Catalog").map(({ kind, position }) => [kind, position]),
        [["Outside", BigInt(size - 1)]],
      )
    }),
  )

  it.effect("can put in no payment that rests on nothing, though all of it is sealed", () =>
    Effect.gen(function* () {
      yield* grow(1)
      const metadata = {
        Empty: "{}",
        None: "null",
        Unknown: '{"source": "x"}',
        NoDigest: '{"source": "Webhook", "attachment": "x"}',
        Clock: '{"source": "Clock"}',
        Worker: '{"source": "Worker"}',
      }
      for (const [name, text] of Object.entries(metadata)) {
        const [size, { findings: found, evidences }] = yield* tampering(
          Effect.gen(function* () {
            const [last] = yield* run<{ position: bigint }>(
              `insert into paylog.events
               select (select max(position) from paylog.events) + 1, date_trunc('milliseconds', clock_timestamp()), 1, schema_version, gen_random_uuid(), 'unmatched-x', type, data, $1::json, null, null, null
               from paylog.events where type = 'PaymentReceived' order by position limit 1
               returning position`,
              [text],
            )
            yield* sealAnew
            return [last?.position, yield* findings()] as const
          }),
        )
        assert.deepStrictEqual(
          found.list.map(({ kind, position }) => [kind, position]),
          [["Evidence", size]],
          name,
        )
        assert.strictEqual(evidences.counts.get("NoSource"), 1, name)
      }
    }),
  )

  it.effect("can hide no guard that is gone behind names that the database looks up first", () =>
    Effect.gen(function* () {
      const path = (change: string) =>
        run(`do $$ begin execute format('alter database %I ${change}', current_database()); end $$`)
      yield* run("create schema evil")
      yield* run(
        `create view evil.pg_trigger as select oid, tgrelid, tgname, tgisinternal, 'A'::"char" as tgenabled from pg_catalog.pg_trigger`,
      )
      yield* run("create function evil.sha256(bytea) returns bytea language sql as 'select null::bytea'")
      yield* run("grant usage on schema evil to public")
      yield* run("grant select on evil.pg_trigger to public")
      yield* run("alter table paylog.events disable trigger refuse_change")
      yield* path("set search_path = evil, pg_catalog")
      const { code, out } = yield* inProcess(["verify"])
      yield* path("reset search_path")
      yield* run("alter table paylog.events enable always trigger refuse_change")
      yield* run("drop schema evil cascade")
      assert.strictEqual(code, 5, out)
      assert.include(out, "Catalog: missing: trigger refuse_change on paylog.events")
      assert.strictEqual((yield* inProcess(["verify"])).code, 0)
    }),
  )

  it.effect("can give no event another time that has the same entry", () =>
    Effect.gen(function* () {
      const times = [
        // Before 1970 the microseconds with the sign turned: the milliseconds that it had.
        "timestamptz 'epoch' - round(extract(epoch from recorded_at) * 1000) * interval '1 microsecond'",
        "recorded_at + interval '1 microsecond'",
        "timestamptz 'epoch' - interval '1 millisecond'",
        "timestamptz '9999-12-31 23:59:59.123456Z'",
        "'infinity'",
      ]
      for (const time of times) {
        const list = yield* tampering(
          Effect.gen(function* () {
            // One whose milliseconds are no thousand of microseconds; and of the later ones none is earlier.
            yield* run(
              "update paylog.events set recorded_at = date_trunc('second', recorded_at) + interval '1 ms' where position = 1",
            )
            yield* sealAnew
            yield* run(`update paylog.events set recorded_at = ${time} where position = 1`)
            if (time !== times[0]) yield* sealAnew
            return (yield* findings()).findings.list
          }),
        )
        assert.includeDeepMembers(
          list.map(({ kind, position, column }) => [kind, position, column]),
          [["Disorder", 1n, "recorded_at"]],
          time,
        )
      }
    }),
  )

  it.effect("cannot let time run backwards, not even from the last event that is trusted", () =>
    Effect.gen(function* () {
      const size = Number((yield* run<{ n: bigint }>("select count(*) as n from paylog.events"))[0]?.n)
      for (const position of [2, Math.ceil(size / 2), size]) {
        const [whole, new_] = yield* tampering(
          Effect.gen(function* () {
            yield* run(
              `update paylog.events set recorded_at = recorded_at - interval '1 day' where position = ${position}`,
            )
            yield* sealAnew
            const since = { origin, size: position - 1, root: yield* Tiles.rootAt(position - 1), extensions: [] }
            return [(yield* findings()).findings.list, (yield* findings({ since })).findings.list]
          }),
        )
        for (const found of [whole, new_])
          assert.deepStrictEqual(
            found?.map(({ kind, position }) => [kind, position]),
            [["Disorder", BigInt(position)]],
          )
      }
    }),
  )

  it.effect(
    "who makes the tree anew over other events is found by a checkpoint, signed or signed again with another key",
    () =>
      Effect.gen(function* () {
        const size = Number((yield* run<{ n: bigint }>("select count(*) as n from paylog.events"))[0]?.n)
        const [key, stolen] = [yield* logKey, yield* logKey]
        const note = yield* noteOver(key.signer, size)
        const kept = yield* checkpoints.open("a file", note, [key.verifier])
        const rounds = 10
        for (let n = 0; n < rounds; n++) {
          const position = yield* Random.nextIntBetween(1, size)
          const list = yield* tampering(
            Effect.gen(function* () {
              yield* run(`update paylog.events set data = (data::text || ' ')::json where position = ${position}`)
              yield* sealAnew
              yield* sign(stolen.signer, size)
              return (yield* findings({ keys: [key.verifier], outside: kept === undefined ? [] : [kept] })).findings
                .list
            }),
          )
          assert.deepStrictEqual(
            list.map(({ kind }) => kind),
            ["Checkpoint"],
          )
          assert.include(list[0]?.detail, origin)
        }
      }),
  )
})
