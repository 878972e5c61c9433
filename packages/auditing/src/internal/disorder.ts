/** Versions that are not 1, 2, 3 … within a stream. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"
import type { Findings } from "../Finding.ts"

/** Of the events after `after`. From 0 on, one pass over all; else an index look-up for each new event. */
export const find = Effect.fnUntraced(function* (findings: Findings, after: number) {
  const rows = yield* (yield* Database).query<{ readonly position: bigint; readonly detail: string }>(
    after === 0 ? everywhere : since,
    [after],
  )
  for (const { position, detail } of rows) findings.add({ kind: "Disorder", position, detail })
})

const statement = (name: string) => Statement.fromFile(new URL(`../../sql/${name}.sql`, import.meta.url))
const everywhere = statement("disorder")
const since = statement("disorder-since")
