/** One at a time and in order, for each key. */
import { Deferred, Effect, Exit, Semaphore } from "effect"

export interface Turns<K> {
  /**
   * Runs `use` with the key that `find` gives, when every earlier call with that key has ended. The order is that of the
   * calls, whatever `find` takes.
   */
  readonly take: <A, E, R, E2, R2>(
    find: Effect.Effect<K, E, R>,
    use: (key: K) => Effect.Effect<A, E2, R2>,
  ) => Effect.Effect<A, E | E2, R | R2>
}

export const makeTurns = <K>(): Turns<K> => {
  const entrance = Semaphore.makeUnsafe(1)
  const last = new Map<K, Deferred.Deferred<void>>()

  /** Behind whoever came last with this key. */
  const queueUp = (key: K) => {
    const before = last.get(key)
    const mine = Deferred.makeUnsafe<void>()
    last.set(key, mine)
    const leave = Effect.sync(() => {
      Deferred.doneUnsafe(mine, Exit.void)
      if (last.get(key) === mine) last.delete(key)
    })
    return { key, before, leave }
  }

  return {
    take: (find, use) =>
      Effect.acquireUseRelease(
        // One after the other, so that the keys queue up in the order of the calls.
        entrance.withPermit(Effect.map(find, queueUp)),
        ({ key, before }) => Effect.andThen(before === undefined ? Effect.void : Deferred.await(before), use(key)),
        ({ leave }) => leave,
      ),
  }
}
