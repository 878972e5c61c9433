/** What changed of an invoice between two points of its history, field by field, and by which events. */
import { Predicate, Schema } from "effect"
import type { Step } from "./invoiceHistory.ts"
import * as invoiceView from "./invoiceView.ts"

export interface Change {
  /** A path into what `paylog show --json` prints: `payments[1].disposition`. The first of a list is 1. */
  readonly field: string
  /** `null`: it was not there, or will not be. */
  readonly from: string | null
  readonly to: string | null
  /** The events in between that changed it, in order. */
  readonly by: ReadonlyArray<{ readonly position: bigint; readonly type: string }>
}

/** Of the steps up to two points: what the later ones changed. */
export const changes = (earlier: ReadonlyArray<Step>, later: ReadonlyArray<Step>): ReadonlyArray<Change> => {
  const [before, after] = [fieldsOf(earlier.at(-1)), fieldsOf(later.at(-1))]
  const touched = new Map<string, Array<Change["by"][number]>>()
  let last = before
  for (const step of later.slice(earlier.length)) {
    const next = fieldsOf(step)
    const { position, type } = step.recorded
    for (const field of differing(last, next)) {
      const by = touched.get(field) ?? []
      touched.set(field, [...by, { position, type }])
    }
    last = next
  }
  return differing(before, after).map((field) => ({
    field,
    from: before.get(field) ?? null,
    to: after.get(field) ?? null,
    by: touched.get(field) ?? [],
  }))
}

type Fields = ReadonlyMap<string, string>

/** In the order of the earlier, then what is new in the order of the later. */
const differing = (a: Fields, b: Fields): ReadonlyArray<string> =>
  [...new Set([...a.keys(), ...b.keys()])].filter((field) => a.get(field) !== b.get(field))

const fieldsOf = (step: Step | undefined): Fields => {
  const fields = new Map<string, string>()
  if (step !== undefined) flatten(fields, "", invoiceView.json(step.after))
  return fields
}

const flatten = (fields: Map<string, string>, path: string, value: unknown): void => {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) return value.forEach((one, place) => flatten(fields, `${path}[${place + 1}]`, one))
  if (isMoney(value)) {
    fields.set(path, `${value.amount} ${value.currency}${value.isExact ? "" : " (as it was stated)"}`)
    return
  }
  if (Predicate.isObject(value))
    return Object.entries(value).forEach(([name, one]) => flatten(fields, path === "" ? name : `${path}.${name}`, one))
  fields.set(path, typeof value === "string" ? value : JSON.stringify(value))
}

/** As `money.json` makes it: one field, and not three. */
const isMoney = Schema.is(Schema.Struct({ currency: Schema.String, amount: Schema.String, isExact: Schema.Boolean }))
