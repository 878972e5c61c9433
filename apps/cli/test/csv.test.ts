import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { csv, inert } from "../src/csv.ts"
import { parseCsv } from "./support/reconciliation.ts"

describe("CSV", () => {
  it.effect("keeps every character of every cell, between commas, quotes and line breaks", () =>
    Effect.gen(function* () {
      const cells = ["plain", 'a "quoted" one', "a, comma", "two\r\nlines", "", " blanks ", "чай 🍵", "'"]
      const records = cells.map((cell) => ({ first: cell, second: "x" }))
      const text = yield* csv(["first", "second"], records)
      assert.isTrue(text.endsWith("\r\n"))
      assert.deepStrictEqual(parseCsv(text), [["first", "second"], ...cells.map((cell) => [cell, "x"])])
      assert.include(text, '"a ""quoted"" one",x\r\n')
      assert.strictEqual(yield* csv(["first"], []), "first\r\n")
      assert.deepStrictEqual(parseCsv(yield* csv(["first", "second"], [{ second: "x" }]))[1], ["", "x"])
    }),
  )

  it("makes text of what a spreadsheet would run, and leaves numbers alone", () => {
    for (const cell of [
      "=1+1",
      "+1",
      "-1+1",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      "\n=1",
      " =1",
      "＝1",
      "-",
      "-1.",
      "=HYPERLINK(1)",
      "\u0000=1",
    ])
      assert.strictEqual(inert(cell), `'${cell}`, JSON.stringify(cell))
    for (const cell of ["-12.50", "0", "12.500000000", "10030467668508673", "inv_1", "a=b", "", "2026-03-01T00:00:00Z"])
      assert.strictEqual(inert(cell), cell)
  })
})
