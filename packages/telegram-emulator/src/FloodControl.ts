/**
 * Telegram's "Too Many Requests": who is told to wait, who comes back too early, and, when switched on, the limits
 * themselves (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
 */
import { Schema } from "effect"

const positive = Schema.Finite.check(Schema.isGreaterThan(0))

export const Limits = Schema.Struct({
  /** Messages and edits a second in one chat. Telegram: about 1. */
  perChatPerSecond: positive,
  /** Messages and edits a second of one bot in all. Telegram: about 30. */
  perBotPerSecond: positive,
  /** Messages and edits a minute in one group. Telegram: 20. Not limited when absent. */
  perGroupPerMinute: Schema.optionalKey(positive),
})
export type Limits = typeof Limits.Type

export interface Refusal {
  /** Seconds. */
  readonly retryAfter: number
  /** Whether the bot had been told to wait, and did not. */
  readonly early: boolean
}

export class FloodControl {
  /** None: nothing is refused for coming too fast, other than by a fault. */
  limits: Limits | undefined
  /** Until when a chat (or a method without a chat) of a bot stays closed. */
  readonly #closedUntilMs = new Map<string, number>()
  /** When the next call would be on time, had all come evenly. */
  readonly #nextMs = new Map<string, number>()

  constructor(limits: Limits | undefined) {
    this.limits = limits
  }

  /** Tells a bot to wait, by a fault: the chat stays closed, and calls before that are refused as early. */
  close(place: string, retryAfter: number, nowMs: number): void {
    this.#closedUntilMs.set(place, nowMs + retryAfter * 1000)
  }

  /** Whether a call must be refused. A call that counts as a message uses up the limits when it is let through. */
  check(
    call: { readonly bot: number; readonly place: string; readonly isMessage: boolean; readonly inGroup?: boolean },
    nowMs: number,
  ): Refusal | undefined {
    const bot = `bot ${call.bot}`
    for (const place of [call.place, bot]) {
      const leftMs = (this.#closedUntilMs.get(place) ?? 0) - nowMs
      if (leftMs > 0) return { retryAfter: Math.ceil(leftMs / 1000), early: true }
      this.#closedUntilMs.delete(place)
    }
    if (this.limits === undefined || !call.isMessage) return undefined
    const { perBotPerSecond, perChatPerSecond, perGroupPerMinute } = this.limits
    // One message at a time in a chat; in all chats, a second's worth may come at once.
    const paces = [
      { place: call.place, everyMs: 1000 / perChatPerSecond, burst: 1 },
      { place: bot, everyMs: 1000 / perBotPerSecond, burst: perBotPerSecond },
      ...(perGroupPerMinute === undefined || call.inGroup !== true
        ? []
        : [{ place: `${call.place} a minute`, everyMs: 60_000 / perGroupPerMinute, burst: perGroupPerMinute }]),
    ]
    for (const { burst, everyMs, place } of paces) {
      const waitMs = (this.#nextMs.get(place) ?? 0) - nowMs - (burst - 1) * everyMs
      // Less than a microsecond is rounding.
      if (waitMs > 0.001) {
        const retryAfter = Math.ceil(waitMs / 1000)
        this.close(place === bot ? bot : call.place, retryAfter, nowMs)
        return { retryAfter, early: false }
      }
    }
    for (const { everyMs, place } of paces) {
      this.#nextMs.set(place, Math.max(this.#nextMs.get(place) ?? 0, nowMs) + everyMs)
    }
    return undefined
  }

  clear(): void {
    this.#closedUntilMs.clear()
    this.#nextMs.clear()
  }
}
