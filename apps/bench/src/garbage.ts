/** The collector's part in a round. */
import { Effect } from "effect"
import { PerformanceObserver } from "node:perf_hooks"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Runs `effect` on a heap that was just collected, and says for how many milliseconds it was collected meanwhile. */
export const withGarbage = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, number], E, R> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      collect()
      const seen = { ms: 0 }
      const observer = new PerformanceObserver((list) => add(seen, list.getEntries()))
      observer.observe({ entryTypes: ["gc"] })
      return { seen, observer }
    }),
    ({ seen, observer }) =>
      Effect.map(effect, (result) => {
        add(seen, observer.takeRecords())
        return [result, seen.ms] as const
      }),
    ({ observer }) => Effect.sync(() => observer.disconnect()),
  )

const add = (seen: { ms: number }, entries: ReadonlyArray<{ readonly duration: number }>): void => {
  for (const { duration } of entries) seen.ms += duration
}
