import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { Sql, Statement } from "../src/Database.ts"
import { shadowSql, writtenBy } from "../src/internal/shadowSql.ts"

/** What reaches the database of a statement. */
const sent = (text: string) => {
  const statements: Array<Statement> = []
  const sql: Sql = {
    query: (statement) => {
      statements.push(statement)
      return Effect.succeed([])
    },
  }
  const shadows = new Map([
    ["pay.rows", "pay.rows_rebuild_2"],
    ["pay.row", "pay.row_rebuild_2"],
  ])
  const exit = Effect.runSyncExit(shadowSql(shadows, 2)(sql).query({ name: "s", text }))
  return Exit.isSuccess(exit) ? statements[0] : undefined
}

describe("a projection's statement in a rebuild", () => {
  it("has the shadow's name wherever it names the table, and a name of its own", () => {
    assert.deepStrictEqual(sent("insert into pay.rows (a) select b from pay.rows as r join pay.row using (a)"), {
      name: "s-rebuild-2",
      text: "insert into pay.rows_rebuild_2 (a) select b from pay.rows_rebuild_2 as r join pay.row_rebuild_2 using (a)",
    })
  })

  it("is left as it is when it only reads other tables, whose names may be alike", () => {
    for (const text of [
      "select * from paylog.events for update skip locked",
      "select 'insert into elsewhere', a from pay.rows_old, repay.rows, pay.rowset -- delete from elsewhere",
    ])
      assert.deepStrictEqual(sent(text), { name: "s", text })
  })

  it.each([
    "insert into rows (a) values (1)",
    "INSERT  INTO other.rows (a) values (1)",
    "update rows set a = 1",
    "with gone as (delete from paylog.work returning key) insert into pay.rows select * from gone",
    "delete from only pay.rows_old",
    "merge into elsewhere using pay.rows on true when matched then delete",
    "/* insert into pay.rows */ truncate elsewhere",
  ])("is refused when it writes to anything else: %s", (text) => {
    assert.isUndefined(sent(text))
  })
})

describe("what a statement writes to", () => {
  it("is not what it locks, nor what it does on a conflict", () => {
    const text = `insert into pay.rows as r (a) select a from pay.row for no key update
      on conflict (a) do update set a = excluded.a`
    assert.deepStrictEqual(writtenBy(text), ["pay.rows"])
  })
})
