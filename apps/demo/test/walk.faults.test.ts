import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Copy from "./walk/Copy.ts"
import { failures } from "./walk/failures.ts"
import { extend, type Step } from "./walk/Page.ts"

const apply = (copy: Copy.Copy, step: Exclude<Step, { readonly _tag: "Run" }>) => {
  try {
    if (step._tag === "Write") copy.write(step.path, step.text)
    else copy.edit(step.path, step.hunks)
  } catch (cause) {
    throw new Error(`docs/extend.md:${step.line} does not fit ${step.path}`, { cause })
  }
}

/** Takes the steps one after the other, and sees that all passes and fails as the page says. */
const walk = Effect.fnUntraced(function* (copy: Copy.Copy, steps: ReadonlyArray<Step>) {
  for (const step of steps) {
    if (step._tag !== "Run") apply(copy, step)
    else {
      for (const [place, command] of step.commands.entries()) {
        const { code, output } = yield* copy.run(command)
        const about = `docs/extend.md:${step.line}: ${command}\n${output}`
        if (step.failures !== undefined && place === step.commands.length - 1)
          assert.deepStrictEqual(failures(copy, output), step.failures, about)
        else assert.strictEqual(code, 0, about)
      }
    }
  }
})

/** What somebody forgets, or gets wrong, as edits of what the page has led to; and what then fails. */
const mistakes: ReadonlyArray<readonly [path: string, hunks: string, failure: string]> = [
  [
    "packages/domain/src/Invoice.ts",
    `@@\n-    case "InvoiceRated":\n-      return { ...state, rating: event }`,
    "packages/domain/src/Invoice.ts: evolveExisting",
  ],
  ["apps/bot/src/words/ru.ts", `@@\n-    Thanked: "Спасибо за оценку!",`, "apps/bot/src/words/ru.ts: ru"],
  [
    "packages/payments/src/followers.ts",
    `@@\n-import * as Ratings from "./Ratings.ts"\n@@\n-  Ratings.follower,`,
    "the list of followers > has every follower of this package",
  ],
  [
    "packages/till/src/TillProvider.ts",
    `@@\n-      if (!holds(config.key, signature, body)) return yield* new SignatureInvalid({ reason: "Wrong" })\n+      if (!holds(config.key, signature, body)) yield* Effect.logWarning("Wrong")`,
    "the till's adapter > believes no delivery in which any byte was changed, nor one without its signature",
  ],
]

describe("docs/extend.md", () => {
  it.live(
    "leads to an event, a read model, a bot command and a provider, and says before each what is still missing",
    () =>
      Effect.gen(function* () {
        const copy = yield* Copy.make
        yield* walk(copy, extend)
        for (const [path, hunks] of mistakes) copy.edit(path, hunks)
        const check = yield* copy.run("npx -y pnpm check")
        const test = yield* copy.run("npx -y pnpm test packages/till packages/payments/test/followers.test.ts")
        assert.deepStrictEqual(
          [...failures(copy, check.output), ...failures(copy, test.output)].toSorted(),
          mistakes.map(([, , failure]) => failure).toSorted(),
          check.output + test.output,
        )
      }).pipe(Effect.scoped),
    600_000,
  )
})
