/** Switches that make the next calls fail on purpose, and what the bot then gets. */
import { type Random, Schema } from "effect"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

export const Fault = Schema.Struct({
  /**
   * What the bot gets instead of the answer: 429 with `retryAfter`; an HTTP `status` from 500 to 599; silence until it
   * gives up; or a connection reset.
   */
  kind: Schema.Literals(["TooManyRequests", "ServerError", "Hang", "Reset"]),
  /** Seconds; 1 by default. */
  retryAfter: Schema.optionalKey(positive),
  /** 500 by default. */
  status: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 500, maximum: 599 }))),
  /** Whether the call has its effect all the same, and only its answer is lost. False by default; never for a 429. */
  applied: Schema.optionalKey(Schema.Boolean),
  /**
   * Only calls of this method, written in any case; every call by default. `webhook` is the delivery of an update:
   * it fails, or with `applied` is repeated though the bot has handled it.
   */
  method: Schema.optionalKey(Schema.String),
  /** Only calls about this chat. */
  chat: Schema.optionalKey(Schema.Int),
  /** How many calls it hits, 1 by default, or `always`. */
  times: Schema.optionalKey(Schema.Union([positive, Schema.Literal("always")])),
  /** Hits a matching call with this probability, drawn from the seed; 1 by default. */
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
})
export type Fault = typeof Fault.Type

export interface Target {
  readonly method: string
  readonly chat: number | undefined
}

export class Faults {
  readonly #random: (typeof Random.Random)["Service"]
  #armed: Array<{ readonly fault: Fault; left: number }> = []

  constructor(random: (typeof Random.Random)["Service"]) {
    this.#random = random
  }

  arm(fault: Fault): void {
    this.#armed.push({ fault, left: fault.times === "always" ? Infinity : (fault.times ?? 1) })
  }

  clear(): void {
    this.#armed = []
  }

  /** Those that will still hit a call, in the order in which they are tried. */
  get armed(): ReadonlyArray<Fault> {
    return this.#armed.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? "always" : left }))
  }

  /** The fault that hits this call, if any; it is used up by one. */
  take(target: Target): Fault | undefined {
    const hit = this.#armed.find(
      ({ fault: { chat, method, probability = 1 } }) =>
        (method ?? target.method).toLowerCase() === target.method.toLowerCase() &&
        (chat ?? target.chat) === target.chat &&
        (probability === 1 || this.#random.nextDoubleUnsafe() < probability),
    )
    if (hit === undefined) return undefined
    hit.left -= 1
    this.#armed = this.#armed.filter(({ left }) => left > 0)
    return hit.fault
  }
}
