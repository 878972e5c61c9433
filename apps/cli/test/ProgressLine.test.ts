import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as ProgressLine from "../src/ProgressLine.ts"

describe("a line of progress", () => {
  it("says how much of what is done, how fast, and how long it will take", () => {
    assert.strictEqual(
      ProgressLine.line("invoices", { done: 520_000, total: 1_040_000 }, 52_000),
      "invoices [============>           ]  50 %  520,000 of 1,040,000 events  52,000/s  10 s left",
    )
  })

  it("knows the beginning, the end, and an empty log", () => {
    assert.strictEqual(
      ProgressLine.line("x", { done: 0, total: 10 }, 0),
      "x [>                       ]   0 %  0 of 10 events  0/s",
    )
    assert.strictEqual(
      ProgressLine.line("x", { done: 10, total: 10 }, 5),
      "x [========================] 100 %  10 of 10 events  5/s",
    )
    assert.match(ProgressLine.line("x", { done: 0, total: 0 }, 0), /100 %/)
  })
})

describe("progress", () => {
  const shown = Effect.fnUntraced(function* (isTerminal: boolean) {
    let text = ""
    const work = (tell: (progress: ProgressLine.Progress) => void) =>
      Effect.gen(function* () {
        for (let done = 100; done <= 1000; done += 100) {
          tell({ done, total: 1000 })
          yield* Effect.sleep("1 second")
        }
        return "done"
      })
    const fiber = yield* Effect.forkChild(
      ProgressLine.during("x", work, { output: { isTerminal, write: (part) => void (text += part) } }),
    )
    yield* TestClock.adjust("10 seconds")
    assert.strictEqual(yield* Fiber.join(fiber), "done")
    return text
  })

  it.effect("is one line, written over, on a terminal", () =>
    Effect.gen(function* () {
      const text = yield* shown(true)
      assert.isAbove(text.split("\r").length, 90)
      assert.strictEqual(text.split("\n").length, 2)
    }),
  )

  it.effect("is a line every few seconds elsewhere, and one at the end", () =>
    Effect.gen(function* () {
      const lines = (yield* shown(false)).trimEnd().split("\n")
      assert.isAtLeast(lines.length, 2)
      assert.isAtMost(lines.length, 3)
      assert.match(lines.at(-1) ?? "", /100 % {2}1,000 of 1,000 events {2}\d+\/s$/)
      assert.notInclude(lines.join(""), "\u001b")
    }),
  )
})
