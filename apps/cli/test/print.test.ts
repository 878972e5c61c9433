import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import * as print from "../src/print.ts"

/** What comes of a write that ends so. */
const written = (code: string | undefined) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      vi.spyOn(process.stdout, "write").mockImplementation((_text: unknown, done: unknown) => {
        if (typeof done === "function") done(code === undefined ? null : Object.assign(new Error(code), { code }))
        return true
      }),
    ),
    () => Effect.result(print.line("a report")),
    (spy) => Effect.sync(() => spy.mockRestore()),
  )

it.effect("a report that is not written whole is no success, unless its reader has read enough", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* written(undefined))._tag, "Success")
    assert.strictEqual((yield* written("EPIPE"))._tag, "Success")
    const full = yield* Effect.flip(Effect.fromResult(yield* written("ENOSPC")))
    assert.deepStrictEqual([full.how, full.message], ["failed", "stdout cannot be written: ENOSPC"])
  }),
)
