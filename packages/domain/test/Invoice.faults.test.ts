import { assert, describe, it } from "@effect/vitest"
import { eventsOf, issue, request } from "./fixtures.ts"
import { checkAll, commands } from "./histories.ts"

/** Law 2 as `Invoice.laws.test.ts` reads it, on all there is up to six observations. */
describe("every order and repetition of six observations from nine ends alike", () => {
  const requested = eventsOf([issue, request])
  const runs = [["no command", undefined] as const, ...Object.entries(commands)]

  it.each(runs)("with '%s' among them", (name, command) => {
    const { histories, broken } = checkAll(requested, 6, command)
    process.stdout.write(`law 2, ${name}: ${histories} histories\n`)
    assert.strictEqual(broken, undefined)
    // A history of n observations has n + 1 places for the command.
    const lengths = [0, 1, 2, 3, 4, 5, 6].map((n) => 9 ** n * (command === undefined ? 1 : n + 1))
    assert.strictEqual(
      histories,
      lengths.reduce((sum, count) => sum + count),
    )
  })
})
