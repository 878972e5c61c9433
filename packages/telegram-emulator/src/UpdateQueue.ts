/** The updates that wait for one bot. No I/O and no clock: the time is an argument. */
import type { Update, UpdateContent, UpdateKind } from "./BotApi.ts"

export interface QueuedUpdate {
  readonly update: Update
  /** A webhook gets the updates of one lane one after the other, those of different lanes in parallel. */
  readonly lane: string
  readonly expiresAtMs: number
}

/** Seconds an update waits for the bot, as Telegram's server has them: a button press is soon of no use. */
const lifetimeSeconds = {
  message: 86_400,
  edited_message: 86_400,
  channel_post: 86_400,
  callback_query: 150,
  my_chat_member: 86_400,
} satisfies Record<UpdateKind, number>

export class UpdateQueue {
  readonly #pending = new Map<number, QueuedUpdate>()
  readonly #listeners = new Set<() => void>()
  #nextId: number

  /** Ids go up by one from `firstId` on. */
  constructor(firstId: number) {
    this.#nextId = firstId
  }

  push<K extends UpdateKind>(kind: K, content: UpdateContent[K], lane: string, nowMs: number): void {
    const id = this.#nextId++
    this.#pending.set(id, {
      update: { update_id: id, [kind]: content },
      lane,
      expiresAtMs: nowMs + lifetimeSeconds[kind] * 1000,
    })
    for (const listener of this.#listeners) listener()
  }

  /**
   * What `getUpdates` does with its offset: a positive one forgets every update below it, a negative one all but the
   * last so many. Nothing else confirms an update: one that was read but not confirmed is read again.
   */
  confirm(offset: number): void {
    let surplus = offset < 0 ? this.#pending.size + offset : Infinity
    for (const id of this.#pending.keys()) {
      if (surplus-- <= 0 || (offset >= 0 && id >= offset)) return
      this.#pending.delete(id)
    }
  }

  /** At most `limit` updates, oldest first; what has expired is forgotten on the way. */
  read(limit: number, nowMs: number): ReadonlyArray<Update> {
    const updates: Array<Update> = []
    for (const [id, { expiresAtMs, update }] of this.#pending) {
      if (updates.length === limit) break
      if (expiresAtMs > nowMs) updates.push(update)
      else this.#pending.delete(id)
    }
    return updates
  }

  /** The updates with an id above `id`, oldest first. Costs as much as there were pushes since that id. */
  after(id: number): ReadonlyArray<QueuedUpdate> {
    const oldest = this.#pending.keys().next().value ?? this.#nextId
    const updates: Array<QueuedUpdate> = []
    for (let next = Math.max(id + 1, oldest); next < this.#nextId; next++) {
      const queued = this.#pending.get(next)
      if (queued !== undefined) updates.push(queued)
    }
    return updates
  }

  remove(id: number): void {
    this.#pending.delete(id)
  }

  /** Forgets what is pending; the ids go on, because a bot that polls remembers the last. */
  clear(): void {
    this.#pending.clear()
  }

  get size(): number {
    return this.#pending.size
  }

  /** Calls `listener` after every push until the returned function is called. */
  onPush(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
