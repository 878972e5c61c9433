/**
 * The port's promises as laws, for every implementation. They need no test framework; with vitest:
 *
 *     layer(yours, { excludeTestServices: true })("yours", (it) => {
 *       for (const { title, check } of laws) it.effect(title, () => check)
 *     })
 *
 * One log may serve for all of them, one law after another.
 */
import { appending } from "./appending.ts"
import { concurrency } from "./concurrency.ts"
import { idempotency } from "./idempotency.ts"
import type { Law } from "./law.ts"
import { loading } from "./loading.ts"
import { reading } from "./reading.ts"
import { refusing } from "./refusing.ts"

export const laws: ReadonlyArray<Law> = [
  ...appending,
  ...idempotency,
  ...reading,
  ...loading,
  ...concurrency,
  ...refusing,
]
