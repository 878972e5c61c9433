import { assert, describe, it } from "@effect/vitest"
import { followers, projections } from "@paylog/payments/followers"
import { readdirSync } from "node:fs"

const src = new URL("../src/", import.meta.url)

/** What a module exports as `follower`, by the module's name. */
const exported = async () => {
  const modules = readdirSync(src).filter((file) => file.endsWith(".ts"))
  const found = await Promise.all(
    modules.map(async (file): Promise<ReadonlyArray<readonly [string, unknown]>> => {
      const { follower }: { readonly follower?: unknown } = await import(new URL(file, src).href)
      return follower === undefined ? [] : [[file, follower]]
    }),
  )
  return found.flat()
}

/** The modules whose follower nobody would run. */
const forgotten = async (listed: ReadonlyArray<unknown>) =>
  (await exported()).flatMap(([file, follower]) => (listed.includes(follower) ? [] : [file]))

describe("the list of followers", () => {
  it("has every follower of this package", async () => {
    assert.deepStrictEqual(await forgotten(followers), [])
    // Control: one is left out.
    assert.deepStrictEqual(await forgotten(followers.slice(1)), ["InvoiceRows.ts"])
  })

  it("has each name once, and no two projections that write to the same table", () => {
    const names = followers.map(({ name }) => name)
    assert.deepStrictEqual([...new Set(names)], names)
    const tables = projections.flatMap(({ tables }) => tables)
    assert.deepStrictEqual([...new Set(tables)], tables)
  })
})
