/** Where the log ends, in the moment that is read: the store of the environment would read another one. */
import type { Sql } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect } from "effect"

/** The position of the last event; 0 when there is none. One query. */
export const headOf = ({ query }: Sql) =>
  Effect.map(query<{ readonly head: bigint }>(statement), ([row]) => row?.head ?? 0n)

const statement = Statement.fromFile(new URL("../sql/head.sql", import.meta.url))
