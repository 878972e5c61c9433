/**
 * The tables beside the log, in memory: each statement by its name, with the meaning that its `.sql` file has on Postgres.
 * Followers' bookmarks, due work and customers. A statement that is not here is a defect: it must be given its meaning.
 */
import type { Statement } from "@paylog/event-store/Database"
import { OrderTables } from "./OrderTables.ts"
import { array, bigint, number, text } from "./values.ts"

interface Bookmark {
  position: bigint
  holder: string | null
  token: bigint
  leaseUntil: number
  version: number
  /** Locked by the transaction that moved it. */
  locked: boolean
}

interface Work {
  dueAt: number
  attempts: number
  token: bigint
  leaseUntil: number
  renewed: boolean
  lastReason: string | null
}

export interface Customer {
  readonly customerId: string
  readonly telegramUserId: string
  readonly chatId: string
  readonly language: string
  readonly utcOffset: number | null
}

export type Row = Readonly<Record<string, unknown>>
type Values = ReadonlyArray<unknown>

/** What a transaction will do to the tables when it commits. What it reads, it reads as it was before. */
export type Changes = Array<() => void>

/** What a statement does at a time; its writes are `changes` where a transaction may still be rolled back. */
export type Meanings = Readonly<
  Record<string, (values: Values, now: number, changes: Changes, inside: boolean) => ReadonlyArray<Row>>
>

/** The statement's name without the hash of its text. */
export const nameOf = ({ name }: Statement): string => name.replace(/-[0-9a-f]{8}$/, "")

/** Of read models that nothing here decides by: they answer with no rows, at once. */
export const asides: ReadonlySet<string> = new Set(["tell-alarms", "count-alarms"])

/** Those that only read. */
export const reads: ReadonlySet<string> = new Set([
  "find-customer",
  "find-progress",
  "first-since",
  "locate",
  "next-due",
  "places",
  "tally",
])

export class Tables {
  readonly bookmarks = new Map<string, Bookmark>()
  readonly parked = new Map<string, { readonly follower: string; readonly stream: string; readonly reason: string }>()
  readonly work = new Map<string, Map<string, Work>>()
  readonly customers = new Map<string, Customer>()
  readonly orders = new OrderTables()
  readonly #fencing: boolean
  #token = 0n

  constructor(fencing: boolean) {
    this.#fencing = fencing
  }

  /** Runs one statement at `now`. Without `changes` it commits at once. */
  run(statement: Statement, values: Values, now: number, changes?: Changes): ReadonlyArray<Row> {
    const name = nameOf(statement)
    const meaning = this.#meanings[name] ?? this.orders.meanings[name]
    if (meaning === undefined) throw new Error(`The simulation does not know the statement ${name}`)
    const later: Changes = []
    const rows = meaning(values, now, changes ?? later, changes !== undefined)
    for (const change of later) change()
    return rows
  }

  queue(name: string): Map<string, Work> {
    const known = this.work.get(name)
    if (known !== undefined) return known
    const added = new Map<string, Work>()
    this.work.set(name, added)
    return added
  }

  readonly #meanings: Meanings = {
    // -- Followers.

    "open-bookmark": ([follower, version], _, changes) => {
      changes.push(() => {
        if (!this.bookmarks.has(text(follower)))
          this.bookmarks.set(text(follower), {
            position: 0n,
            holder: null,
            token: 0n,
            leaseUntil: -Infinity,
            version: number(version),
            locked: false,
          })
      })
      return []
    },
    "take-lease": ([follower, holder, leaseMs, version], now) => {
      const bookmark = this.bookmarks.get(text(follower))
      if (bookmark === undefined) return []
      const isFree = !bookmark.locked && (bookmark.leaseUntil <= now || bookmark.holder === holder)
      if (!isFree || !(bookmark.version === version || bookmark.position === 0n))
        return [{ version: bookmark.version, token: null, position: null }]
      bookmark.holder = text(holder)
      bookmark.token = ++this.#token
      bookmark.leaseUntil = now + number(leaseMs)
      bookmark.version = number(version)
      return [{ version: bookmark.version, token: bookmark.token, position: bookmark.position }]
    },
    "keep-lease": ([follower, token, leaseMs, version], now) => {
      const bookmark = this.bookmarks.get(text(follower))
      if (bookmark === undefined || bookmark.token !== token || bookmark.version !== version) return []
      bookmark.leaseUntil = now + number(leaseMs)
      return [{ follower }]
    },
    "give-up-lease": ([follower, token]) => {
      const bookmark = this.bookmarks.get(text(follower))
      if (bookmark !== undefined && bookmark.token === token) {
        bookmark.holder = null
        bookmark.leaseUntil = -Infinity
      }
      return []
    },
    "move-bookmark": ([follower, token, from, to, leaseMs, version], now, changes, inside) => {
      const bookmark = this.bookmarks.get(text(follower))
      const holds =
        bookmark !== undefined && bookmark.token === token && bookmark.position === from && bookmark.version === version
      if (!holds) return []
      bookmark.locked = inside
      changes.push(() => {
        bookmark.position = bigint(to)
        bookmark.leaseUntil = now + number(leaseMs)
      })
      return [{}]
    },
    "parked-among": ([follower, streams]) =>
      array(streams)
        .filter((stream) => this.parked.has(`${text(follower)} ${text(stream)}`))
        .map((stream) => ({ stream })),
    park: ([follower, stream, , , reason], _, changes) => {
      const parked = { follower: text(follower), stream: text(stream), reason: text(reason) }
      changes.push(() => void this.parked.set(`${parked.follower} ${parked.stream}`, parked))
      return []
    },

    // -- Work.

    add: ([queue, keys, dueAts], _, changes) => {
      const least = new Map<string, number>()
      for (const [place, key] of array(keys).entries()) {
        const dueAt = number(array(dueAts)[place])
        least.set(text(key), Math.min(dueAt, least.get(text(key)) ?? Infinity))
      }
      changes.push(() => {
        const items = this.queue(text(queue))
        for (const [key, dueAt] of least) {
          const known = items.get(key)
          if (known !== undefined) Object.assign(known, { dueAt, attempts: 0, renewed: true })
          else
            items.set(key, { dueAt, attempts: 0, token: 0n, leaseUntil: -Infinity, renewed: false, lastReason: null })
        }
      })
      return []
    },
    claim: ([queue, limit, leaseMs], now) =>
      [...this.queue(text(queue))]
        .filter(([, item]) => item.dueAt <= now && item.leaseUntil <= now)
        .toSorted(([a, x], [b, y]) => x.dueAt - y.dueAt || (a < b ? -1 : 1))
        .slice(0, number(limit))
        .map(([key, item]) => {
          item.token = ++this.#token
          item.attempts++
          item.leaseUntil = now + number(leaseMs)
          item.renewed = false
          return { key, attempts: item.attempts - 1, token: item.token }
        }),
    complete: ([queue, key, token]) => {
      const item = this.#held(queue, key, token)
      if (item === undefined || (item.renewed && this.#fencing)) return []
      this.queue(text(queue)).delete(text(key))
      return [{ key }]
    },
    "retry-at": ([queue, key, token, dueAt, reason]) => {
      const item = this.#held(queue, key, token)
      if (item === undefined || (item.renewed && this.#fencing)) return []
      Object.assign(item, { dueAt: number(dueAt), leaseUntil: -Infinity, lastReason: text(reason) })
      return [{ key }]
    },
    release: ([queue, key, token]) => {
      const item = this.#held(queue, key, token)
      if (item?.renewed === true) item.leaseUntil = -Infinity
      return []
    },
    "next-due": ([queue], now) => {
      const free = [...this.queue(text(queue)).values()].filter(({ leaseUntil }) => leaseUntil <= now)
      return free.length === 0 ? [] : [{ inMs: Math.min(...free.map(({ dueAt }) => dueAt)) - now }]
    },

    // -- Customers.

    "find-customer": ([customerId]) => {
      const customer = this.customers.get(text(customerId))
      return customer === undefined ? [] : [{ ...customer }]
    },
  }

  #held(queue: unknown, key: unknown, token: unknown): Work | undefined {
    const item = this.queue(text(queue)).get(text(key))
    return item !== undefined && (item.token === token || !this.#fencing) ? item : undefined
  }
}
