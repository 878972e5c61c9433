/** Is the checker of histories right? It finds nothing in good ones, and each anomaly that is planted. */
import { assert, describe, it } from "@effect/vitest"
import { anomaliesOf } from "./support/History.ts"
import { planted } from "./support/planted.ts"
import { dice, simulated } from "./support/simulated.ts"

describe("the checker of histories", () => {
  it("finds nothing in 5,000 good ones", () => {
    let appended = 0
    for (let seed = 0; seed < 5000; seed++) {
      const { calls, log } = simulated(seed)
      assert.deepStrictEqual(anomaliesOf(calls, log), [], `seed ${seed}`)
      appended += log.length
    }
    assert.isAbove(appended, 100_000)
  })

  for (const { what, names, plant } of planted) {
    it(`finds it when ${what}`, () => {
      let times = 0
      for (let seed = 0; seed < 2000 && times < 25; seed++) {
        const history = simulated(seed)
        if (!plant(history, dice(seed))) continue
        times += 1
        const found = anomaliesOf(history.calls, history.log).map(({ name }) => name)
        assert.ok(
          found.some((name) => names.includes(name)),
          `seed ${seed}: found ${found.join(", ")}`,
        )
      }
      assert.isAtLeast(times, 10, "there was something to spoil")
    })
  }
})
