import { assert, describe, it } from "@effect/vitest"
import { eventsOf, issue, request } from "./fixtures.ts"
import { acts, checkAll } from "./histories.ts"

/** Law 2 as `Invoice.laws.test.ts` reads it, on all there is up to six observations. */
describe("every order and repetition of six observations from nine ends alike, with a crash or without", () => {
  const requested = eventsOf([issue, request])
  const runs = [["no command", undefined] as const, ...Object.entries(acts)]

  it.each(runs)("with '%s' among them", (name, act) => {
    const { histories, crashed, broken } = checkAll(requested, 6, act)
    process.stdout.write(`law 2, ${name}: ${histories} histories, and ${crashed} with a crash\n`)
    assert.strictEqual(broken, undefined)
    // A history of n observations has n + 1 places for the command.
    const lengths = [0, 1, 2, 3, 4, 5, 6].map((n) => 9 ** n * (act === undefined ? 1 : n + 1))
    assert.strictEqual(
      histories,
      lengths.reduce((sum, count) => sum + count),
    )
    assert.isAbove(crashed, histories)
  })
})
