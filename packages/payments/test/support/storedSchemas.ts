/** The snapshot of stored schemas, and which changes of it the log allows. */
import { Metadata } from "@paylog/payments/Metadata"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { readFileSync } from "node:fs"
import { type Check, dataOf, type Shape, shapeOf } from "./shape.ts"

/** By aggregate, event type and schema version: what is stored. */
export type StoredSchemas = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Shape>>>>>>

export const file = new URL("../../stored-schemas.json", import.meta.url)

export const committed = (): StoredSchemas => JSON.parse(readFileSync(file, "utf8"))

/** What this program writes: the newest version of every event, and of the metadata, which has but one. */
export const current = (): StoredSchemas => ({
  ...Object.fromEntries(
    Object.entries(StoredEvents.all).map(([aggregate, { schema, versions }]) => [
      aggregate,
      Object.fromEntries(
        schema.members.map(({ ast, fields }) => {
          const type = fields._tag.schema.literal
          return [type, { [versions.get(type) ?? 1]: dataOf(ast) }]
        }),
      ),
    ]),
  ),
  "of every event": { metadata: { 1: shapeOf(Metadata.ast) } },
})

/** The snapshot with what is new in it; versions that are no longer written stay, since they are still in the log. */
export const updated = (before: StoredSchemas, now: StoredSchemas): StoredSchemas =>
  merge(before, now, (before = {}, now = {}) => merge(before, now, (before = {}, now = {}) => ({ ...before, ...now })))

const merge = <A>(before: Readonly<Record<string, A>>, now: Readonly<Record<string, A>>, both: (a?: A, b?: A) => A) =>
  Object.fromEntries(
    [...new Set([...Object.keys(before), ...Object.keys(now)])].map((key) => [key, both(before[key], now[key])]),
  )

/** Why something that was stored under `before` might not be read by `now`; empty when all is. */
export const refusals = (before: StoredSchemas, now: StoredSchemas): ReadonlyArray<string> =>
  Object.entries(before).flatMap(([aggregate, types]) =>
    Object.entries(types).flatMap(([type, versions]) => {
      const name = `${aggregate}/${type}`
      const stored = Math.max(...Object.keys(versions).map(Number))
      const [current] = Object.entries(now[aggregate]?.[type] ?? {})
      if (current === undefined) return [`${name} was removed or renamed, and is in logs. Undo that`]
      const [version, shape] = current
      if (Number(version) < stored) return [`${name} lost an upcaster: version ${stored} is in logs. Undo that`]
      const old = versions[version]
      return old === undefined
        ? []
        : narrowed(old, shape, "data").map((what) => `${name}, version ${version}: ${what}. ${advice}`)
    }),
  )

const advice =
  "Undo that, or give the event a new schema version: an upcaster in src/Upcasters.ts and a golden file (docs/extend.md)"

/** Where `now` is narrower than `old`: a value that was allowed no longer is. */
const narrowed = (old: Shape, now: Shape, path: string): ReadonlyArray<string> => {
  const different = [`${path} is of another type`]
  const checked = narrowedChecks(old.checks ?? [], now.checks ?? []).map((check) => `${path} is narrower: ${check}`)
  if ("oneOf" in old) return old.oneOf.flatMap((member) => narrowed(member, now, path)).concat(checked)
  if ("oneOf" in now) return now.oneOf.some((other) => narrowed(old, other, path).length === 0) ? checked : different
  if ("type" in old && "type" in now) return old.type === now.type ? checked : different
  if ("literals" in old && "type" in now)
    return old.literals.every((literal) => typeof literal === now.type.toLowerCase()) ? checked : different
  if ("literals" in old && "literals" in now)
    return old.literals
      .filter((literal) => !now.literals.includes(literal))
      .map((literal) => `${path} lost the literal ${literal}`)
      .concat(checked)
  if ("stored" in old && "stored" in now)
    return [...narrowed(old.stored, now.stored, path), ...narrowed(old.readAs, now.readAs, `${path}, as read,`)]
  if ("list" in old && "list" in now)
    return [
      ...narrowed(old.list, now.list, `${path}[]`),
      ...(now.atLeast > old.atLeast ? [`${path} must not be empty any more`] : []),
      ...checked,
    ]
  if ("fields" in old && "fields" in now) return [...narrowedFields(old.fields, now.fields, path), ...checked]
  return different
}

type Fields = Readonly<Record<string, Shape>>

const narrowedFields = (old: Fields, now: Fields, path: string): ReadonlyArray<string> => {
  const names = new Set([...Object.keys(old), ...Object.keys(now)].map((key) => key.replace(/\?$/, "")))
  return [...names].flatMap((name) => {
    const [before, after] = [old[name] ?? old[`${name}?`], now[name] ?? now[`${name}?`]]
    if (after === undefined) return [`${path}.${name} was removed or renamed`]
    const required = now[name] !== undefined && old[name] === undefined ? [`${path}.${name} is newly required`] : []
    return before === undefined ? required : [...required, ...narrowed(before, after, `${path}.${name}`)]
  })
}

/** Checks of `now` that a value which passed `old` might not pass. */
const narrowedChecks = (old: ReadonlyArray<Check>, now: ReadonlyArray<Check>): ReadonlyArray<string> =>
  now.filter((check) => !old.some((other) => implies(other, check))).map((check) => JSON.stringify(check))

/** Whether what passes `strict` passes `loose` for sure: the same check with the same or wider bounds. */
const implies = (strict: Check, loose: Check): boolean =>
  strict.is === loose.is &&
  Object.keys(strict).length === Object.keys(loose).length &&
  Object.entries(loose).every(([key, bound]) => {
    const other = strict[key]
    if (bound === other) return true
    if (!isBound(bound) || !isBound(other)) return false
    if (key.startsWith("min")) return BigInt(bound) <= BigInt(other)
    return key.startsWith("max") && BigInt(bound) >= BigInt(other)
  })

const isBound = (value: unknown): value is number | string =>
  (typeof value === "number" && Number.isInteger(value)) || (typeof value === "string" && /^-?\d+$/.test(value))
