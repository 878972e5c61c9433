/**
 * Time and turns of a simulation. Time moves only when nobody has anything to do, to the next sleeper's moment or a little
 * past it; whose turn it is, and when a fiber is interrupted by another's turn, follows from the seed. Everything happens
 * within one synchronous loop: no timer and no promise of the machine takes part, so a seed replays exactly.
 */
import { Clock, Context, Duration, Effect, type Fiber, Scheduler } from "effect"
import type { Dice } from "./Dice.ts"

interface Sleeper {
  readonly at: number
  readonly rank: number
  readonly wake: () => void
}

/** Nothing is left that could ever happen, and the simulation has not ended. */
export class Stuck extends Error {
  override readonly name = "Stuck"
}

export class Time implements Clock.Clock {
  readonly #dice: Dice
  readonly #sleepers: Array<Sleeper> = []
  readonly #ready: Array<Turns> = []
  #now = Date.UTC(2026, 0, 1)
  #yieldIn = 100
  /** How many turns were taken. */
  steps = 0
  /** Whether turns come by chance; otherwise first come, first served. */
  isUnfair = true

  constructor(dice: Dice) {
    this.#dice = dice
  }

  currentTimeMillisUnsafe(): number {
    return Math.floor(this.#now)
  }
  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.round(this.#now * 1000)) * 1000n
  }
  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const ms = Duration.toMillis(duration)
    if (ms <= 0) return Effect.yieldNow
    return Effect.callback<void>((resume) => {
      if (ms === Infinity) return
      const sleeper = { at: this.#now + ms, rank: this.#dice.next(), wake: () => resume(Effect.void) }
      push(this.#sleepers, sleeper)
      return Effect.sync(() => remove(this.#sleepers, sleeper))
    })
  }

  readonly scheduler: Scheduler.Scheduler = {
    executionMode: "sync",
    shouldYield: (fiber) => {
      if (fiber.currentOpCount >= 2048) return true
      if (!this.isUnfair || --this.#yieldIn > 0) return false
      this.#yieldIn = this.#dice.between(1, 600)
      return true
    },
    makeDispatcher: () => new Turns(this.#ready),
  }

  /** The services under which a fiber lives in this time. */
  readonly services = Context.make(Clock.Clock, this as Clock.Clock).pipe(
    Context.add(Scheduler.Scheduler, this.scheduler),
  )

  /** Runs until the fiber has ended, at most `most` turns. */
  runUntil(fiber: Fiber.Fiber<unknown, unknown>, most: number): void {
    while (fiber.pollUnsafe() === undefined) {
      if (++this.steps > most) throw new Stuck(`No end after ${most} turns`)
      if (this.#ready.length > 0) {
        const place = this.isUnfair ? this.#dice.below(this.#ready.length) : 0
        this.#ready[place]?.take(place)
      } else if (this.#sleepers.length > 0) this.#advance()
      else throw new Stuck("Everybody waits for ever")
    }
  }

  /** Now and then the clock moves past the moment: timers are late, and several come at once. */
  #advance(): void {
    const next = this.#sleepers[0]?.at ?? this.#now
    const late = this.isUnfair && this.#dice.percent(5) ? this.#dice.between(1, 1500) : 0
    this.#now = Math.max(this.#now, next + late)
    while (this.#sleepers[0] !== undefined && this.#sleepers[0].at <= this.#now) pop(this.#sleepers)?.wake()
  }
}

/** The turns of one fiber, in order; which fiber's turn it is, is chosen. */
class Turns implements Scheduler.SchedulerDispatcher {
  readonly #ready: Array<Turns>
  #tasks: Array<() => void> = []

  constructor(ready: Array<Turns>) {
    this.#ready = ready
  }

  scheduleTask(task: () => void): void {
    if (this.#tasks.push(task) === 1) this.#ready.push(this)
  }

  /** Runs the first task; `place` is where these turns stand among those that are ready. */
  take(place: number): void {
    const task = this.#tasks.shift()
    if (this.#tasks.length === 0) {
      const last = this.#ready.pop()
      if (last !== undefined && last !== this) this.#ready[place] = last
    }
    task?.()
  }

  flush(): void {
    while (this.#tasks.length > 0) this.take(this.#ready.indexOf(this))
  }
}

// -- A heap of sleepers, the earliest first; those of one moment in an order of chance.

const isBefore = (a: Sleeper, b: Sleeper) => a.at < b.at || (a.at === b.at && a.rank < b.rank)

const push = (heap: Array<Sleeper>, sleeper: Sleeper): void => {
  heap.push(sleeper)
  rise(heap, heap.length - 1)
}

const pop = (heap: Array<Sleeper>): Sleeper | undefined => {
  const [first] = heap
  if (first !== undefined) removeAt(heap, 0)
  return first
}

const remove = (heap: Array<Sleeper>, sleeper: Sleeper): void => {
  const place = heap.indexOf(sleeper)
  if (place !== -1) removeAt(heap, place)
}

const removeAt = (heap: Array<Sleeper>, place: number): void => {
  const last = heap.pop()
  if (last === undefined || place === heap.length) return
  heap[place] = last
  rise(heap, place)
  sink(heap, place)
}

const rise = (heap: Array<Sleeper>, from: number): void => {
  for (let place = from; place > 0;) {
    const parent = (place - 1) >> 1
    if (!swapIf(heap, place, parent)) return
    place = parent
  }
}

const sink = (heap: Array<Sleeper>, from: number): void => {
  for (let place = from; ;) {
    const [left, right] = [2 * place + 1, 2 * place + 2]
    const a = heap[left]
    const b = heap[right]
    if (a === undefined) return
    const child = b !== undefined && isBefore(b, a) ? right : left
    if (!swapIf(heap, child, place)) return
    place = child
  }
}

const swapIf = (heap: Array<Sleeper>, lower: number, upper: number): boolean => {
  const [a, b] = [heap[lower], heap[upper]]
  if (a === undefined || b === undefined || !isBefore(a, b)) return false
  heap[upper] = a
  heap[lower] = b
  return true
}
