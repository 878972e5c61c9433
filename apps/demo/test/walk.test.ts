import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { edit, extend, type Step } from "./walk/Page.ts"

const place = (path: string) => new URL(`../../../${path}`, import.meta.url)

/** What of a page's code does not fit the workspace. Nothing is written. */
const misfits = (steps: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const texts = new Map<string, string>()
  const found: Array<string> = []
  for (const step of steps) {
    try {
      if (step._tag === "Edit")
        texts.set(step.path, edit(texts.get(step.path) ?? readFileSync(place(step.path), "utf8"), step.hunks))
      if (step._tag === "Write" && existsSync(place(step.path))) throw new Error("The file exists")
    } catch (error) {
      const path = step._tag === "Run" ? "" : `${step.path}: `
      found.push(`docs/extend.md:${step.line}: ${path}${error instanceof Error ? error.message : ""}`)
    }
  }
  return found
}

describe("docs/extend.md", () => {
  it("fits the code that it changes; `walk.faults.test.ts` tries what it leads to", () => {
    assert.deepStrictEqual(misfits(extend), [])
    // Control: lines and a file that are no longer what the page takes them for.
    const changed = [
      { _tag: "Edit", line: 1, path: "README.md", hunks: "@@\n-# Paylock\n" },
      { _tag: "Edit", line: 2, path: "README.md", hunks: "@@ Paylock\n+it\n" },
      { _tag: "Write", line: 3, path: "README.md", text: "" },
    ] as const
    assert.deepStrictEqual(misfits(changed), [
      "docs/extend.md:1: README.md: There are no such lines:\n# Paylock",
      'docs/extend.md:2: README.md: There is no line with "Paylock"',
      "docs/extend.md:3: README.md: The file exists",
    ])
  })
})

describe("an edit", () => {
  const lines = (...all: ReadonlyArray<string>) => all.join("\n")

  it("adds before, behind and in place of lines, each hunk behind the one before", () => {
    const text = lines("a: {", "  x,", "}", "b: {", "  x,", "  y,", "}")
    assert.strictEqual(
      edit(text, lines("@@ b: {", "+  w,", "@@", "   x,", "-  y,", "+  z,", "")),
      lines("a: {", "  x,", "}", "b: {", "  w,", "  x,", "  z,", "}"),
    )
    assert.strictEqual(edit("a\nb", lines("@@", "+c", " b")), "a\nc\nb")
    assert.throws(() => edit("a\nb", lines("@@ b", " a")), "There are no such lines:\na")
  })
})
