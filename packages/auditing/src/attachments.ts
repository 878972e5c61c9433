/** All attachments of the log, those too that no event of this run names: whether each is whole, named, and erased only by two people. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import type { Findings } from "./Finding.ts"

/** Attachments whose bytes are gone by design. */
export interface Erased {
  readonly tombstones: bigint
  /** Of how many the log says that they were erased. Less when a process was killed between the erasure and its record. */
  readonly recorded: bigint
}

/** Looks at every attachment: reads and hashes all their bytes, and the metadata of every event, once. Three queries. */
export const find = Effect.fnUntraced(function* (findings: Findings) {
  const { query } = yield* Database
  for (const { digest } of yield* query<{ readonly digest: string }>(misshapen))
    findings.add({ kind: "Attachment", detail: `the attachment ${digest} is not what its digest names` })
  for (const { digest, position } of yield* query<{ readonly digest: string; readonly position: bigint | null }>(
    unaccounted,
  ))
    findings.add(
      position === null
        ? {
            kind: "Attachment",
            detail: `no event names the attachment ${digest}: it was not written with the log`,
          }
        : {
            kind: "Attachment",
            position,
            detail: `its delivery ${digest} is erased, and the log has no erasure by two people that it belongs to`,
          },
    )
  const [erased] = yield* query<Erased>(erasedStatement)
  return erased ?? { tombstones: 0n, recorded: 0n }
})

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const misshapen = statement("misshapen-attachments")
const unaccounted = statement("unaccounted-attachments")
const erasedStatement = statement("erased-attachments")
