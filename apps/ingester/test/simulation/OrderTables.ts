/** The sweep's two tables, in memory: what each statement of `packages/payments/sql/order-list` means. */
import type { Changes, Meanings, Row } from "./Tables.ts"
import { array, number, text } from "./values.ts"

interface Sweeps {
  revision: number
  readonly baseline: number
  offset: number
  passed: number
  /** Reading: began at, until, next, rereads; completed: began at, count, difference; read again at. */
  rest: ReadonlyArray<unknown>
}

interface Listed {
  readonly orderId: string
  readonly externalId: string
  index: number | null
  createdAt: number | null
  ours: boolean
  ended: boolean
  openedAt: number | null
}

export class OrderTables {
  readonly sweeps = new Map<string, Sweeps>()
  readonly listed = new Map<string, Listed>()

  /** One provider: what is of another one is a fault of the simulation. */
  #placed(from: number, until: number): ReadonlyArray<Listed & { readonly index: number }> {
    return [...this.listed.values()]
      .flatMap((order) => (order.index === null ? [] : [{ ...order, index: order.index }]))
      .filter(({ index }) => index >= from && index < until)
      .toSorted((a, b) => a.index - b.index || (a.orderId < b.orderId ? -1 : 1))
  }

  #put(orderId: string, externalId: string): Listed {
    const known = this.listed.get(orderId)
    if (known !== undefined) return known
    const added = { orderId, externalId, index: null, createdAt: null, ours: false, ended: false, openedAt: null }
    this.listed.set(orderId, added)
    return added
  }

  readonly meanings: Meanings = {
    "add-opened-orders": ([, orderIds, externalIds, openedAts], _, changes: Changes) => {
      changes.push(() => {
        for (const [place, orderId] of array(orderIds).entries()) {
          const order = this.#put(text(orderId), text(array(externalIds)[place]))
          order.ours = true
          order.openedAt ??= number(array(openedAts)[place])
        }
      })
      return []
    },
    "begin-sweeps": ([provider, baseline, offset]) => {
      if (!this.sweeps.has(text(provider)))
        this.sweeps.set(text(provider), {
          revision: 1,
          baseline: number(baseline),
          offset: number(offset),
          passed: 0,
          rest: Array.from({ length: 8 }, () => null),
        })
      return []
    },
    "find-progress": ([provider]) => {
      const found = this.sweeps.get(text(provider))
      if (found === undefined) return []
      const { revision, baseline, offset, passed, rest } = found
      const [began, until, next, rereads, completedBegan, count, difference, rereadAt] = rest
      const row: Row = {
        provider,
        revision,
        baseline,
        offset,
        passed,
        readingBeganAt: began,
        readingUntil: until,
        readingNext: next,
        readingRereads: rereads,
        completedBeganAt: completedBegan,
        completedCount: count,
        completedDifference: difference,
        rereadAt,
      }
      return [row]
    },
    "save-progress": ([provider, revision, offset, passed, ...rest]) => {
      const found = this.sweeps.get(text(provider))
      if (found === undefined || found.revision !== revision) return []
      Object.assign(found, { revision: found.revision + 1, offset: number(offset), passed: number(passed), rest })
      return [{ revision: found.revision }]
    },
    places: ([, from, until]) =>
      this.#placed(number(from), number(until)).map(({ orderId, externalId, index, createdAt, ours, ended }) => ({
        orderId,
        externalId,
        index,
        createdAt: new Date(createdAt ?? 0),
        ours,
        ended,
      })),
    "note-places": ([, json]) => {
      const places: ReadonlyArray<Listed> = JSON.parse(text(json))
      for (const { orderId, externalId, index, createdAt, ours, ended } of places) {
        const order = this.#put(orderId, externalId)
        Object.assign(order, { index, createdAt, ours: order.ours || ours, ended })
      }
      return []
    },
    locate: ([, orderId]) => {
      const index = this.listed.get(text(orderId))?.index ?? null
      return index === null ? [] : [{ index }]
    },
    "first-since": ([, createdAt]) => {
      const since = createdAt instanceof Date ? createdAt.getTime() : 0
      const [first] = this.#placed(0, Infinity).filter((order) => (order.createdAt ?? 0) >= since)
      return first === undefined ? [] : [{ index: first.index }]
    },
    tally: ([, from, until, openedBefore]) => {
      const before = openedBefore instanceof Date ? openedBefore.getTime() : 0
      return [
        {
          ours: this.#placed(number(from), number(until)).filter(({ ours }) => ours).length,
          missing: [...this.listed.values()].filter(
            ({ index, openedAt }) => index === null && openedAt !== null && openedAt < before,
          ).length,
        },
      ]
    },
    "forget-places": () => {
      for (const order of this.listed.values()) order.index = null
      return []
    },
  }
}
