/** What the server does without any promise: the same rows through a pool, one INSERT an append; no key, no digest, no version check. */
import { randomUUID } from "node:crypto"
import type { Pool } from "pg"
import { statement } from "../postgres.ts"
import { eventType, type Mix, type Outcome, type Step } from "../Workload.ts"

const one = statement("insert-one")
const several = statement("insert-several")

export const writer =
  (pool: Pool, { payload, events }: Mix) =>
  async ({ stream, expected = 0 }: Step): Promise<Outcome> => {
    const data = JSON.stringify(payload.data)
    const metadata = JSON.stringify(payload.metadata)
    const ids = Array.from({ length: events }, () => randomUUID())
    await (events === 1
      ? pool.query({ ...one, values: [expected + 1, 1, ids[0], stream, eventType, data, metadata] })
      : pool.query({ ...several, values: [expected + 1, 1, ids, stream, eventType, data, metadata] }))
    return "Appended"
  }
