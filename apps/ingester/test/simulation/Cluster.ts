/** The processes that run at a time, each in its place; what was in one's memory is lost with it. */
import type { StoreKey } from "@paylog/wallet-pay/Signature"
import { Effect } from "effect"
import * as Process from "./Process.ts"
import type { Tally } from "./Weather.ts"

export type Keys = Process.Options["keys"]

export class Cluster {
  readonly #options: Omit<Process.Options, "keys">
  readonly #tally: Tally
  readonly #running: Array<(Process.Process & { readonly keys: Keys }) | undefined> = []
  /** What the next process to start is configured with. */
  keys: readonly [StoreKey, ...Array<StoreKey>]

  constructor(options: Omit<Process.Options, "keys">, keys: Keys, tally: Tally) {
    this.#options = options
    this.#tally = tally
    this.keys = keys
  }

  get size(): number {
    return this.#running.length
  }

  /** Any that is alive. */
  any(): Process.Process | undefined {
    const alive = this.#running.filter((process) => process !== undefined && process.isAlive())
    return alive[this.#options.dice.below(alive.length)]
  }

  at(place: number): Process.Process | undefined {
    return this.#running[place]
  }

  /** Starts one in this place, unless one is there. */
  start(place: number) {
    return Effect.suspend(() => {
      if (this.#running[place]?.isAlive() === true) return Effect.void
      const { keys } = this
      return Effect.map(Process.start({ ...this.#options, keys }), (process) => {
        this.#running[place] = { ...process, keys }
        this.#tally.count("process started")
      })
    })
  }

  kill(place: number) {
    return Effect.suspend(() => {
      const process = this.#running[place]
      if (process === undefined || !process.isAlive()) return Effect.void
      this.#tally.count("process killed")
      return process.kill
    })
  }

  stop(place: number) {
    return Effect.suspend(() => {
      const process = this.#running[place]
      if (process === undefined || !process.isAlive()) return Effect.void
      this.#tally.count("process stopped")
      // What does not come to an end is killed, as by whoever supervises it.
      return Effect.timeoutOrElse(process.stop, { duration: "10 seconds", orElse: () => process.kill }).pipe(
        Effect.onInterrupt(() => process.kill),
      )
    })
  }

  /** All places are taken, by processes with the keys of now. */
  readonly settle = Effect.suspend(() =>
    Effect.forEach(
      this.#running.keys(),
      (place) =>
        Effect.andThen(this.#running[place]?.keys === this.keys ? Effect.void : this.kill(place), this.start(place)),
      { discard: true },
    ),
  )
}
