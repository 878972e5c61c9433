import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { inPortions, portion } from "../src/inPortions.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Each portion by its first number and its length. */
const named = (part: ReadonlyArray<number>) => `${part[0]}+${part.length}`

describe("a batch in portions", () => {
  it.effect("makes one portion while the one before is written, and writes them in order", () =>
    Effect.gen(function* () {
      const happened: Array<string> = []
      const turns = yield* Effect.forEach(numbers(3), () => Deferred.make<void>())
      const fiber = yield* Effect.forkChild(
        inPortions(
          numbers(2 * portion + 1),
          (part) =>
            Effect.sync(() => {
              happened.push(`make ${named(part)}`)
              return part
            }),
          (part) =>
            Effect.gen(function* () {
              happened.push(`write ${named(part)}`)
              yield* Deferred.await(turns[(part[0] ?? 0) / portion] ?? assert.fail())
              happened.push(`written ${named(part)}`)
            }),
        ),
      )
      const first = [`make 0+${portion}`, `write 0+${portion}`, `make ${portion}+${portion}`]
      yield* Effect.yieldNow
      assert.deepStrictEqual(happened, first)
      for (const turn of turns) yield* Deferred.succeed(turn, undefined)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(happened, [
        ...first,
        `written 0+${portion}`,
        `write ${portion}+${portion}`,
        `make ${2 * portion}+1`,
        `written ${portion}+${portion}`,
        `write ${2 * portion}+1`,
        `written ${2 * portion}+1`,
      ])
    }),
  )

  it.effect("fails as the write did, also when what is made meanwhile fails for it, and writes nothing more", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const run = (makes: Effect.Effect<void, string>) =>
        Effect.flip(
          inPortions(
            numbers(3 * portion),
            (part) => (part[0] === 0 ? Effect.succeed(part) : Effect.as(makes, part)),
            (part) =>
              Effect.suspend(() => {
                written.push(named(part))
                return Effect.andThen(Effect.yieldNow, Effect.fail("write"))
              }),
          ),
        )
      assert.strictEqual(yield* run(Effect.void), "write")
      assert.strictEqual(yield* run(Effect.fail("make")), "write")
      assert.deepStrictEqual(written, [`0+${portion}`, `0+${portion}`])
    }),
  )

  it.effect("does nothing of nothing", () => inPortions([], () => assert.fail(), Effect.succeed))
})
