/** The surrounding clock, which can be put forward: whoever sleeps wakes when the shifted time has come. */
import { Clock, Duration, Effect } from "effect"

export interface ShiftedClock {
  readonly clock: Clock.Clock
  /** Puts the clock forward; it never goes back. */
  readonly advance: (by: Duration.Duration) => Effect.Effect<void>
}

export const make: Effect.Effect<ShiftedClock> = Clock.clockWith((base) =>
  Effect.sync(() => {
    let shift = 0n
    const wakings = new Set<() => void>()
    const advanced = Effect.callback<void>((resume) => {
      const wake = () => resume(Effect.void)
      wakings.add(wake)
      return Effect.sync(() => wakings.delete(wake))
    })

    const currentTimeMillisUnsafe = () => base.currentTimeMillisUnsafe() + Number(shift / 1_000_000n)
    const currentTimeNanosUnsafe = () => base.currentTimeNanosUnsafe() + shift
    const monotonicTimeNanosUnsafe = () => base.monotonicTimeNanosUnsafe() + shift

    const sleep = Effect.fnUntraced(function* (duration: Duration.Duration) {
      if (!Duration.isFinite(duration)) return yield* Effect.never
      const until = monotonicTimeNanosUnsafe() + Duration.toNanosUnsafe(duration)
      while (monotonicTimeNanosUnsafe() < until) {
        yield* Effect.raceFirst(base.sleep(Duration.nanos(until - monotonicTimeNanosUnsafe())), advanced)
      }
    })

    return {
      clock: {
        currentTimeMillisUnsafe,
        currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
        currentTimeNanosUnsafe,
        currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
        monotonicTimeNanosUnsafe,
        monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
        sleep,
      },
      advance: (by) =>
        Effect.sync(() => {
          shift += Duration.toNanosUnsafe(by)
          const waking = [...wakings]
          wakings.clear()
          for (const wake of waking) wake()
        }),
    }
  }),
)
