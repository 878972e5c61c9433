/**
 * The whole system in one process, seed by seed. A failure prints its seeds: `PAYLOG_SEED=23` runs one alone and prints
 * what happens; `PAYLOG_SEEDS=100000` runs so many, and `PAYLOG_FULL=1` 20,000 that nobody has run before.
 */
import { assert, describe, it } from "@effect/vitest"
import { randomInt } from "node:crypto"
import { sabotages } from "./simulation/sabotage.ts"
import { simulate } from "./simulation/simulate.ts"
import { Tally } from "./simulation/Weather.ts"

const hour = 3_600_000
const alone = process.env["PAYLOG_SEED"]
const isFull = process.env["PAYLOG_FULL"] === "1"
const count = Number(process.env["PAYLOG_SEEDS"] ?? (isFull ? 20_000 : 1000))
/** In CI always the same seeds: what fails there, fails again. */
const first = isFull ? randomInt(2 ** 40) : 1

const print = (text: string) => process.stdout.write(`${text}\n`)

describe.skipIf(alone === undefined)("one seed", () => {
  it(`${alone} holds`, () => {
    const { broken } = simulate(alone ?? "", {}, print)
    assert.deepStrictEqual(broken, [])
  })
})

describe.skipIf(alone !== undefined)("the whole system", () => {
  it(
    `keeps every promise in ${count} seeds, and comes right once faults stop`,
    () => {
      const all = new Tally()
      const failed: Array<string> = []
      for (let seed = first; seed < first + count; seed++) {
        const { broken, tally } = simulate(String(seed))
        all.add(tally)
        if (broken.length > 0) failed.push(`PAYLOG_SEED=${seed}: ${broken.slice(0, 3).join("; ")}`)
        if (failed.length === 20) break
      }
      const totals = [...all.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, n]) => `${what}: ${n}`)
      print(`seeds: ${count} from ${first}, failed: ${failed.length}\n${totals.join("\n")}`)
      assert.deepStrictEqual(failed, [])
      const never = mustHappen.filter((what) => all.get(what) < count / 100)
      assert.deepStrictEqual(never, [], "these hardly ever happened")
    },
    isFull ? 3 * hour : 600_000,
  )

  it("goes the same way again with the same seed, to the byte, and another way with another", () => {
    const hashes = Array.from({ length: 20 }, (_, seed) => {
      const once = simulate(`replay ${seed}`)
      const again = simulate(`replay ${seed}`)
      assert.deepStrictEqual([...again.tally.counts], [...once.tally.counts])
      assert.strictEqual(again.hash, once.hash)
      return once.hash
    })
    assert.strictEqual(new Set(hashes).size, hashes.length)
  })
})

describe.skipIf(alone !== undefined)("a worker whose lease has ended", () => {
  it("does no harm when it says how its work went: what it did is in the log, or it is found by asking", () => {
    for (let seed = 1; seed <= 50; seed++)
      assert.deepStrictEqual(simulate(String(seed), { noFencing: true }).broken, [], String(seed))
  })
})

describe.skipIf(alone !== undefined)("control: the simulation finds a system", () => {
  for (const [what, { because, ...sabotage }] of Object.entries(sabotages))
    it(`that ${what}`, () => {
      for (let seed = 1; seed <= 200; seed++)
        if (simulate(String(seed), sabotage).broken.some((each) => because.test(each)))
          return print(`found in seed ${seed}: ${what}`)
      assert.fail("not found in 200 seeds")
    })
})

/** What a simulation is worth nothing without. */
const mustHappen = [
  "all killed",
  "answer came in drips",
  "answer came late",
  "answer came too late",
  "answer never came, after",
  "answer never came, before",
  "answer of the list never came",
  "answer of the list was refused",
  "answer was CONFLICT",
  "answer was about another amount",
  "answer was an error within a success",
  "answer was cut",
  "answer was half",
  "connection cut on the way back",
  "connection cut on the way there",
  "declined",
  "delivery answered 200",
  "delivery answered 401",
  "delivery answered 503",
  "delivery of several",
  "invoice cancelled",
  "key rotated a step further",
  "killed and started",
  "network slow",
  "old version of the document",
  "paid",
  "paid in NOT",
  "paid late",
  "paid wrongly",
  "process killed",
  "process stopped",
  "provider down",
  "redelivered",
  "stood still past its leases",
  "store overloaded",
  "store refused before it did anything",
  "store slow",
  "store's answer lost after a commit",
  "stranger's order",
  "tampered",
  "wake-up lost",
  "webhooks dropped",
  "webhooks held",
]
