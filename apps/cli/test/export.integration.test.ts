/** `paylog export`: files that add up, of one moment, that nobody can change unseen and no spreadsheet runs. */
import { assert, layer } from "@effect/vitest"
import { CustomerId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { projections } from "@paylog/payments/followers"
import * as Invoices from "@paylog/payments/Invoices"
import { DateTime, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { spawnSync } from "node:child_process"
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { about, following, invoice, pay } from "./support/money.ts"
import { world } from "./support/paylog.ts"
import { parseCsv } from "./support/reconciliation.ts"

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))
const head = EventStore.use((store) => store.head)

const inside = mkdtempSync(join(tmpdir(), "paylog-export-"))
const read = (folder: string, file: string) => readFileSync(join(folder, file), "utf8")
const records = (text: string): ReadonlyArray<Record<string, string>> => {
  const [header = [], ...rows] = parseCsv(text)
  return rows.map((cells) => Object.fromEntries(header.map((name, column) => [name, cells[column] ?? ""])))
}
const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]))

/** Eighteen digits after the point hold all that is paid here. */
const exact = (text: string): bigint => {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".")
  const value = BigInt(whole + fraction.padEnd(18, "0"))
  return text.startsWith("-") ? -value : value
}

layer(Layer.merge(world, SecureRandom.layerWebCrypto), { excludeTestServices: true })("paylog export", (it) => {
  it.effect("of an empty log is empty, and whole", () =>
    Effect.gen(function* () {
      const folder = join(inside, "empty")
      const { code, out, err } = yield* inProcess(["export", folder])
      assert.deepStrictEqual(
        [code, out, err],
        [0, `${folder}: 9 files, as of position 0: 0 of events, 0 of invoices, 0 of ledger\n`, ""],
      )
      assert.strictEqual(read(folder, "ledger.csv"), "position,line,stream,what,account,amount,currency\r\n")
      assert.strictEqual(spawnSync("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: folder }).status, 0)
      assert.deepStrictEqual(read(folder, "SHA256SUMS").match(/ {2}.*/g)?.length, 8)
    }),
  )

  it.effect("adds up to the last digit in every money column, while others write", () =>
    Effect.gen(function* () {
      yield* following
      yield* Effect.forkScoped(Effect.forever(Effect.flatMap(invoice, (id) => pay(id))))
      for (let n = 0; n < 3; n++) {
        yield* pay(yield* invoice, { orderAmount: Money.of("USD", 1249n) })
        yield* pay(yield* invoice, { net: Money.of("USDT", 12_375_001n) })
        yield* pay("of-nobody")
      }
      const runner = yield* FollowerRunner
      for (const { name } of projections) yield* runner.awaitBookmark(name, yield* head, "20 seconds")
      const folder = join(inside, "busy")
      const { code, err } = yield* inProcess(["export", folder])
      assert.strictEqual(code, 0, err)
      const { paylog, resources } = JSON.parse(read(folder, "datapackage.json"))

      // The schema has every column of every file, and each file as many rows as it says.
      for (const { path, rows, schema } of resources) {
        const names = schema.fields.map(({ name }: { readonly name: string }) => name)
        const found = path.endsWith(".csv") ? records(read(folder, path)) : lines(read(folder, path))
        assert.strictEqual(found.length, rows, path)
        assert.isAbove(rows, 5, path)
        for (const row of found) assert.deepStrictEqual(Object.keys(row), names, path)
      }
      // One moment: no event is missing, and no row is of a later one.
      const events = lines(read(folder, "events.jsonl"))
      assert.deepStrictEqual(
        events.map(({ position }) => position),
        events.map((_, place) => place + 1),
      )
      assert.strictEqual(events.length, Number(paylog.position))
      const versions = new Map(
        events
          .filter(({ position }) => Number(position) <= Number(paylog.invoicesAt))
          .map(({ stream, version }) => [stream, version]),
      )
      const invoices = lines(read(folder, "invoices.jsonl"))
      for (const { invoice_id, version } of invoices)
        assert.strictEqual(versions.get(`invoice-${String(invoice_id)}`), version)

      // The totals are the sums of the columns, in CSV and in JSON lines.
      const totals = records(read(folder, "totals.csv"))
      assert.includeMembers(
        totals.map(({ table, column, currency }) => `${table} ${column} ${currency}`),
        ["invoices amount USD", "invoices net USDT", "ledger amount USD", "ledger amount USDT"],
      )
      const money: ReadonlyArray<readonly [string, string, string]> = [
        ["invoices", "amount", "currency"],
        ["invoices", "gross", "paid_currency"],
        ["invoices", "fee", "paid_currency"],
        ["invoices", "net", "paid_currency"],
        ["ledger", "amount", "currency"],
      ]
      for (const [table, column, currency] of money)
        for (const rows of [records(read(folder, `${table}.csv`)), lines(read(folder, `${table}.jsonl`))]) {
          const sums: Record<string, bigint> = {}
          for (const row of rows) {
            const of = typeof row[currency] === "string" ? row[currency] : ""
            if (of !== "") sums[of] = (sums[of] ?? 0n) + exact(String(row[column]))
          }
          const stated = totals.filter((total) => total["table"] === table && total["column"] === column)
          assert.deepStrictEqual(
            Object.fromEntries(stated.map((total) => [total["currency"], exact(total["sum"] ?? "")])),
            sums,
          )
        }
      for (const { table, sum } of totals.filter(({ table }) => table === "ledger"))
        assert.strictEqual(exact(sum ?? ""), 0n, table)

      // A file that somebody changed is found.
      const sums = () => spawnSync("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: folder }).status
      assert.strictEqual(sums(), 0)
      assert.sameMembers(
        readdirSync(folder).filter((name) => name !== "SHA256SUMS"),
        read(folder, "SHA256SUMS")
          .trimEnd()
          .split("\n")
          .map((line) => line.slice(66)),
      )
      appendFileSync(join(folder, "ledger.csv"), " ")
      assert.strictEqual(sums(), 1)
    }).pipe(Effect.scoped),
  )

  it.effect("has no cell that a spreadsheet runs, every text to the letter in JSON lines, and data byte for byte", () =>
    Effect.gen(function* () {
      const title = '=HYPERLINK("http://evil", "click")'
      yield* Invoices.issue(
        {
          customerId: CustomerId.make("cus_00000000000000000000"),
          lines: [{ title, quantity: 1, unitPrice: Money.of("USD", 1n) }],
          payBy: DateTime.add(yield* DateTime.now, { minutes: 30 }),
          policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
        },
        about,
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* following
          yield* FollowerRunner.use((runner) =>
            Effect.flatMap(head, (position) => runner.awaitBookmark("invoices", position, "20 seconds")),
          )
        }),
      )
      const folder = join(inside, "hostile")
      assert.strictEqual((yield* inProcess(["export", folder])).code, 0)
      const cells = parseCsv(read(folder, "invoices.csv")).flat()
      assert.include(cells, `'${title}`)
      for (const file of ["events.csv", "invoices.csv", "ledger.csv", "totals.csv"])
        for (const cell of parseCsv(read(folder, file)).flat())
          assert.notMatch(cell.replace(/^-\d+(\.\d+)?$/, ""), /^[=+\-@\t\r]/, file)
      assert.include(
        lines(read(folder, "invoices.jsonl")).map((row) => row["title"]),
        title,
      )
      const [stored] = yield* sql(
        "select position, data::text as data from paylog.events order by position desc limit 1",
      )
      const last = read(folder, "events.jsonl").trimEnd().split("\n").at(-1) ?? ""
      assert.include(last, `"data":${String(stored?.["data"])},`)
    }),
  )

  it.effect("overwrites nothing, and leaves nothing when it fails", () =>
    Effect.gen(function* () {
      const there = yield* inProcess(["export", inside])
      assert.deepStrictEqual([there.code, there.err], [3, `${inside} is there already: nothing is overwritten\n`])
      const away = join(inside, "away")
      const unreachable = yield* inProcess(["export", away], { DATABASE_URL: "postgres://x@127.0.0.1:1/x" })
      assert.strictEqual(unreachable.code, 1)
      assert.isFalse(existsSync(away) || existsSync(`${away}.partial`))
      const nowhere = yield* inProcess(["export", join(inside, "busy", "totals.csv", "in-a-file")])
      assert.strictEqual(nowhere.code, 1)
      assert.match(nowhere.err, /in-a-file cannot be made: /)
      assert.strictEqual((yield* inProcess(["export"])).code, 2)
    }),
  )
})
