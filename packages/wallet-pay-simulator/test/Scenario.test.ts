import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { lineOf } from "../src/lineOf.ts"
import * as Scenario from "../src/Scenario.ts"

const problemsOf = (source: string) =>
  Result.match(Scenario.parse(source), { onFailure: (all) => all, onSuccess: () => [] })

describe("a scenario file", () => {
  it("is read with the line of each step, from YAML and from JSON", () => {
    const yaml = `name: x
steps:
  # a comment
  - create: { externalId: tea-1 }

  - fault:
      on: create
      kind: reset
  - advance: 1 hour
  - deliver:
`
    const { steps } = Result.getOrThrow(Scenario.parse(yaml))
    assert.deepStrictEqual(
      steps.map(({ verb, line }) => `${line} ${verb}`),
      ["4 create", "6 fault", "9 advance", "10 deliver"],
    )
    assert.deepStrictEqual(steps[1]?.with, [{ on: "create", when: "before", times: 1, kind: "reset" }])
    const json = Result.getOrThrow(Scenario.parse(`{"steps":[{"create":{"externalId":"tea-1"}},{"deliver":null}]}`))
    assert.deepStrictEqual(
      json.steps.map(({ verb, line }) => `${line} ${verb}`),
      ["undefined create", "undefined deliver"],
    )
  })

  it("is refused with every problem, each by line and field", () => {
    const problems = problemsOf(`name: bad
steps:
  - create: { externalId: 5 }
  - pay:
      order: x
      # a comment
      amout: "1"
      late: yes
  - pay: {}
    deliver:
  - fault: { on: create, kind: stal }
  - fly: {}
  - advance: soon
  - settings:
      webhooks:
        bach: 3
  - expect: { order: a, answered: [200, "x"] }
`)
    const starts = [
      "line 3, steps[0].create.externalId: ",
      "line 7, steps[1].pay.amout: ",
      "line 8, steps[1].pay.late: ",
      "line 9, steps[2]: a step has one verb: create, call, ",
      `line 11, steps[3].fault[0]: Expected a kind: "answer", "stall", `,
      "line 12, steps[4]: a step has one verb: ",
      "line 13, steps[5].advance: ",
      "line 14, steps[6].settings: ",
      "line 17, steps[7].expect.answered[1]: ",
    ]
    assert.lengthOf(problems, starts.length)
    for (const [index, start] of starts.entries())
      assert.isTrue(problems[index]?.startsWith(start), `${problems[index]} starts with ${start}`)
    assert.include(problems[7], "bach")
  })

  it.each([
    ["name: x\nsteps:\n  - create: {\n  - pay: [\n", /^line 3: /],
    ["name: x\nsteps:\n  - create: {}\n   bad: [\n", /line 4/],
    ["steps: []", /^line 1, steps/],
    ["name: x", /^steps: /],
    ["", /^the file: /],
    ["7", /^the file: /],
    ["nam: x\nsteps:\n  - deliver:\n", /^line 1, nam: /],
    ["receiver: [99]\nsteps:\n  - deliver:\n", /^line 1, receiver\[0\]: /],
  ])("%j says where it is wrong", (source, expected) => {
    assert.match(problemsOf(source)[0] ?? "", expected)
  })
})

describe("the line of a path", () => {
  const text = `a: 1
list:
- x: 1
  y: 2
- x: 3
  deep:
    - y: 4
    - "y": 5
      z: { q: 6 }
y: 7
`
  it.each([
    [["a"], 1],
    [["y"], 10],
    [["list", 0, "y"], 4],
    [["list", 1], 5],
    [["list", 1, "x"], 5],
    [["list", 1, "deep", 1, "y"], 8],
    [["list", 1, "deep", 1, "z", "q"], 9],
    [["list", 1, "y"], 5],
    [["list", 9], 2],
    [["none"], undefined],
    [[], undefined],
  ] as const)("%j is line %s", (path, line) => {
    assert.strictEqual(lineOf(text, path), line)
  })
})
