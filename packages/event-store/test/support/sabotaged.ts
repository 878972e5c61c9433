/** The append function with pieces of its text replaced: what tests are held against, to see that they can fail. */
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { migrations } from "../../src/EventStorePostgres.ts"
import { migratedTemplate } from "../../src/migratedTemplate.ts"
import { connected, rows } from "./sql.ts"

type Changes = ReadonlyArray<readonly [from: string, to: string]>

/** The text of the function alone, from the newest migration that makes it. */
const source = (() => {
  const newest = readdirSync(migrations.folder)
    .toSorted()
    .findLast((file) => /append.*\.sql$/.test(file))
  const text = readFileSync(new URL(newest ?? "", migrations.folder), "utf8")
  const found = /create (?:or replace )?function paylog\.append\([^]*?\n\$\$;\n/.exec(text)
  assert.ok(found !== null, `${newest} makes the append function`)
  return found[0].replace(/^create (or replace )?function/, "create or replace function")
})()

/** A statement that makes the sabotaged function. Each piece is once in the function. */
export const sabotage = (changes: Changes): string => {
  let text = source
  for (const [from, to] of changes) {
    assert.strictEqual(text.split(from).length, 2, `once in the function: ${from}`)
    text = text.replace(from, () => to)
  }
  return text
}

/** A database of its own with the sabotaged function, and whatever else is done to it. */
export const sabotaged = Effect.fnUntraced(function* (changes: Changes, more = "select 1") {
  const { url } = yield* freshDatabase({ template: migratedTemplate([migrations]) })
  const client = yield* connected(url)
  yield* rows(client, sabotage(changes))
  yield* rows(client, more)
  return url
})

/** Whoever appends does not wait for others. The constraints of the tables still hold. */
export const noLock = ["perform from paylog.head for update;", "perform from paylog.head;"] as const

/** Nothing but the function's own checks keeps versions, positions and keys apart. */
export const noConstraints = `
  alter table paylog.events drop constraint events_stream_version, drop constraint events_position;
  create index on paylog.events (position);
  create index on paylog.events (stream, version);
  drop index paylog.events_append_key;
  create index on paylog.events (append_key) where append_key is not null`

/** A statement that makes the function without its refusal of unsafe settings. */
export const unguarded = source.replace(/ {2}if 'off' in \(current_setting[^]*?\n {2}end if;\n/, "")
